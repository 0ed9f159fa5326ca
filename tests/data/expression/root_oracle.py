"""What ROOT's TTreeFormula says of expressions, entry by entry, as TMVA asks it. Runs under a Python that has ROOT.

    python root_oracle.py build FILE               write the table
    python root_oracle.py values FILE < EXPRESSIONS  one line of JSON an expression: null, or the values of every entry

Nothing of tmvalite is imported here.
"""

import json
import random
import signal
import subprocess
import sys

N = 24  # entries

CODE = r"""
#include <cstdio>
#include <string>
#include "TTree.h"
#include "TTreeFormula.h"

// "" for a text that is no expression, otherwise "[[...],[...],...]": all values of every entry.
std::string values_of(TTree *tree, const char *text)
{
   TTreeFormula formula("formula", text, tree);
   if (formula.GetNdim() == 0) return "";
   std::string out = "[";
   char number[64];
   for (Long64_t entry = 0; entry < tree->GetEntries(); ++entry) {
      tree->GetEntry(entry);  // not LoadTree, which leaves values of an earlier entry where ?: && || skip a branch
      int n = formula.GetNdata();
      if (n > 10000) return "[]";
      out += entry ? ",[" : "[";
      for (int i = 0; i < n; ++i) {
         double value = formula.EvalInstance(i);
         if (value != value) snprintf(number, sizeof number, "NaN");
         else if (value - value != 0) snprintf(number, sizeof number, value > 0 ? "Infinity" : "-Infinity");
         else snprintf(number, sizeof number, "%.17g", value);
         out += i ? "," : "";
         out += number;
      }
      out += "]";
   }
   return out + "]";
}
"""

TABLE = r"""
#include <cstring>
#include <vector>
#include "TClonesArray.h"
#include "TFile.h"
#include "TLorentzVector.h"
#include "TVector3.h"
#include "TTree.h"

struct Track { float px, py; int q; };
struct Jet { float pt, eta; };

// Values come from one list of numbers, so that whoever reads the file can know them.
void write_table(const char *path, std::vector<double> const &stream, int n)
{
   size_t at = 0;
   auto some = [](int e, int most) { e = e % most; return e == 0 ? 0 : e + 1; };
   auto next = [&]() { return stream[at++ % stream.size()]; };
   TFile file(path, "recreate");
   TTree tree("events", "events");
   double x; float y; int k; unsigned u; bool b; short h; Long64_t big; unsigned char c;
   int nj; double v[8]; float w[8]; int i[8]; float two[8][2];
   int nz; float z[8];
   double a[3]; float g[2][3]; int d[4];
   Track trk; Jet jet; char s[16];
   std::vector<float> vec; std::vector<int> veci;
   TLorentzVector *p4 = new TLorentzVector; TVector3 *vt = new TVector3;
   TClonesArray *jets = new TClonesArray("TVector3");
   tree.Branch("x", &x, "x/D"); tree.Branch("y", &y, "y/F"); tree.Branch("k", &k, "k/I"); tree.Branch("u", &u, "u/i");
   tree.Branch("b", &b, "b/O"); tree.Branch("h", &h, "h/S"); tree.Branch("big", &big, "big/L"); tree.Branch("c", &c, "c/b");
   tree.Branch("nj", &nj, "nj/I"); tree.Branch("v", v, "v[nj]/D"); tree.Branch("w", w, "w[nj]/F"); tree.Branch("i", i, "i[nj]/I");
   tree.Branch("two", two, "two[nj][2]/F");
   tree.Branch("nz", &nz, "nz/I"); tree.Branch("z", z, "z[nz]/F");
   tree.Branch("a", a, "a[3]/D"); tree.Branch("g", g, "g[2][3]/F"); tree.Branch("d", d, "d[4]/I");
   tree.Branch("trk", &trk, "px/F:py/F:q/I"); tree.Branch("jet", &jet, "pt/F:eta/F"); tree.Branch("s", s, "s/C");
   tree.Branch("vec", &vec); tree.Branch("veci", &veci);
   tree.Branch("p4", &p4); tree.Branch("vt", &vt); tree.Branch("jets", &jets);
   for (int e = 0; e < n; ++e) {
      x = next(); y = next(); k = int(4 * next()); u = unsigned(10 * std::abs(next())); b = next() > 0; h = short(3 * next());
      big = Long64_t(3 * next()) + (e % 5 == 0 ? (1LL << 53) + 1 : 0); c = (unsigned char)(20 * std::abs(next()));
      // No array has one element, and no index is negative: see docs/expressions.md.
      nj = some(e, 5); nz = some(2 * e + 1, 4);
      for (int j = 0; j < nj; ++j) { v[j] = next(); w[j] = next(); i[j] = int(std::abs(next())); }
      for (int j = 0; j < nj; ++j) { two[j][0] = next(); two[j][1] = next(); }
      for (int j = 0; j < nz; ++j) z[j] = next();
      for (auto &one : a) one = next();
      for (auto &row : g) for (auto &one : row) one = next();
      for (auto &one : d) one = int(3 * next());
      trk = {float(next()), float(next()), int(3 * next())}; jet = {float(next()), float(next())};
      strcpy(s, e % 3 == 0 ? "abc" : e % 3 == 1 ? "abcd" : "b c");
      vec.assign(some(3 * e, 4), 0); for (auto &one : vec) one = next();
      veci.assign(some(e + 1, 3), 0); for (auto &one : veci) one = int(std::abs(next()));
      double px = next(), py = next(), pz = next(), energy = next();
      p4->SetPxPyPzE(px, py, pz, energy);
      double vx = next(), vy = next(), vz = next();
      vt->SetXYZ(vx, vy, vz);
      jets->Clear();
      for (int j = 0; j < some(e, 3); ++j) {
         double jx = next(), jy = next(), jz = next();
         new ((*jets)[j]) TVector3(jx, jy, jz);
      }
      tree.Fill();
   }
   tree.SetAlias("mass", "sqrt(x*x+y*y)");
   tree.SetAlias("twice", "2*mass");
   tree.SetAlias("lead", "v[0]");
   tree.SetAlias("alist", "a*2");
   tree.Write();
   // A friend in the same file, which the tree remembers.
   TTree other("other", "other");
   float fx; int fn; float fa[5];
   other.Branch("fx", &fx, "fx/F"); other.Branch("fn", &fn, "fn/I"); other.Branch("fa", fa, "fa[fn]/F");
   other.Branch("x", &fx, "x/F");
   for (int e = 0; e < n; ++e) {
      fx = next(); fn = some(2 * e, 4); for (int j = 0; j < fn; ++j) fa[j] = next();
      other.Fill();
   }
   other.Write();
   tree.AddFriend(&other, "fr");
   tree.Write("", TObject::kOverwrite);
}
"""


def stream():
    """Numbers of the table: small ones, many whole or zero, some large."""
    chance = random.Random(4357)
    pool = [0.0, 0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, 1.5, -2.25, 4.0, 7.0, -7.0, 0.125, 10.0, 100.0]
    return [chance.choice(pool) if chance.random() < 0.5 else round(chance.gauss(0.0, 2.0), 3) for _ in range(4096)]


def build(path):
    """Write the table."""
    import ROOT

    ROOT.gInterpreter.Declare(TABLE)
    ROOT.write_table(path, ROOT.std.vector["double"](stream()), N)


def answer(path):
    """One line for every line of standard input, flushed, since some expressions end ROOT's process."""
    import ROOT

    ROOT.gErrorIgnoreLevel = 10000
    ROOT.gInterpreter.Declare(CODE)
    file = ROOT.TFile.Open(path)
    tree = file.Get("events")
    for line in sys.stdin:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ROOT has a handler of its own
        signal.alarm(2)  # ends this process: a few expressions never come to an end
        found = str(ROOT.values_of(tree, json.loads(line)))
        print(found or "null", flush=True)


def ask(python, path, expressions):
    """The values of expressions by the interpreter `python`: None for no expression, "ended" where ROOT's process ended."""
    answers = []
    while len(answers) < len(expressions):
        text = "".join(json.dumps(one) + "\n" for one in expressions[len(answers) :])
        command = [python, "-W", "ignore", __file__, "values", str(path)]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=600)
        answers += [json.loads(line) for line in done.stdout.splitlines() if line == "null" or line[:1] == "["]
        if len(answers) < len(expressions):
            if not done.stdout and "Error" in done.stderr and "Break" not in done.stderr:
                raise RuntimeError(done.stderr[-2000:])
            answers.append("ended")
    return answers


if __name__ == "__main__":
    {"build": build, "values": answer}[sys.argv[1]](sys.argv[2])
