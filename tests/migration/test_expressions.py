"""C++ in, Python out: one pair a line."""

import ast
import re
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from tmvalite.errors import OptionError
from tmvalite.migration import migrate

MACROS = [path.read_text() for path in sorted((Path(__file__).parent / "macros").glob("*.C"))]
SPOILS = [
    "",
    "(",
    ")",
    "{",
    "}",
    ";",
    ",",
    "->",
    "&",
    "*",
    "::",
    "<",
    ">",
    "=",
    '"',
    "'",
    "int",
    "for",
    "if",
    "new",
    "else",
    "3",
    "?",
    "#if",
]


def body(text, declared=""):
    """The lines of a function with these statements, behind those that are declared."""
    script = migrate(f"void f() {{ {declared}\n int begins_here; {text} }}", "f")
    lines = script.partition("    begins_here = 0\n")[2].partition("\n\n\nif __name__")[0].split("\n")
    ast.parse(script)
    return "\n".join(line.removeprefix("    ") for line in lines)


@pytest.mark.parametrize(
    "cpp, python",
    [
        ("int i = 3;", "i = 3"),
        ("Double_t a, b(2.), c{1e-3f};", "a = 0.0\nb = 2.0\nc = 1e-3"),
        ("unsigned int n = 0x1fU;", "n = 0x1f"),
        ("Bool_t on; on = kTRUE;", "on = False\non = True"),
        ("const char *s = \"a\" \"b\";", 's = "ab"'),
        ("std::string s(\"x\"); s += 'y';", 's = "x"\ns += "y"'),
        ("TString s; s = \"x\";", 's = ""\ns = "x"'),
        ("TString s = \"x\"; s += 3; s.Append(\":\"); s = s + 'y' + 1;", 's = "x"\ns += str(3)\ns += ":"\ns = s + "y" + str(1)'),
        ("TString s(\"x\"); s.ReplaceAll(\"x\", \"y\"); s.ToLower();", 's = "x"\ns = s.replace("x", "y")\ns = s.lower()'),
        ("TString s; bool b = s.Contains(\"x\") && !s.IsNull();", 's = ""\nb = "x" in s and not not s'),
        ("TString s; int n = s.Length() + s.Index(\"x\") + s.Atoi();", 's = ""\nn = len(s) + s.find("x") + int(s)'),
        ("TString s; TFile f(s.Data()); s = f.GetName();", 's = ""\nf = ROOT.TFile(s)\ns = str(f.GetName())'),
        ("std::string s; s = s.substr(0, 2) + s.substr(3);", 's = ""\ns = s[0 : 0 + 2] + s[3:]'),
        ("TString s = \"it's \\\"here\\\"\";", "s = \"it's \\\"here\\\"\""),
        ("TString s(\"say \\\"x\\\"\");", "s = 'say \"x\"'"),
        ("TFile *f(0); f = new TFile(\"a.root\");", 'f = None\nf = ROOT.TFile("a.root")'),
        ("std::vector<TString> v = {\"a\", \"b\"}; v.push_back(\"c\");", 'v = ["a", "b"]\nv.append("c")'),
        ("std::vector<float> v(3); v[0] = v.size();", 'v = ROOT.std.vector["float"](3)\nv[0] = len(v)'),
        ("std::vector<int> *v = new std::vector<int>(2); (*v)[0] = v->at(1);", 'v = ROOT.std.vector["int"](2)\nv[0] = v[1]'),
        ("int i = 7, j = 2; double x = i / j; x = i / 2.; i %= j;", "i = 7\nj = 2\nx = i // j\nx = i / 2.0\ni %= j"),
        ("int i = 1; i++; ++i; i -= 2; i--;", "i = 1\ni += 1\ni += 1\ni -= 2\ni -= 1"),
        ("int i = 0, v[2] = {1, 2}; int x = v[i++];", "i = 0\nv = np.array([1, 2], np.int32)\nx = v[i]\ni += 1"),
        ("int i = 0, v[2] = {1, 2}; int x = v[++i];", "i = 0\nv = np.array([1, 2], np.int32)\ni += 1\nx = v[i]"),
        ("int a = 1, b = 2; int c = a > b ? a : (b);", "a = 1\nb = 2\nc = a if a > b else b"),
        ("bool a, b, c; a = !(b && c) || (a && !b);", "a = False\nb = False\nc = False\na = not (b and c) or a and not b"),
        ("double a = 1; a = (a + 1) * 2 - a * (3 - a);", "a = 1\na = (a + 1) * 2 - a * (3 - a)"),
        ("double a = (Float_t)3 / 2; int b = int(a);", "a = float(3) / 2\nb = int(a)"),
        ("double a = sqrt(2.) + TMath::Pi() + std::abs(-1);", "a = math.sqrt(2.0) + ROOT.TMath.Pi() + abs(-1)"),
        ("Int_t len = 1, print = 2; len = print;", "len_ = 1\nprint_ = 2\nlen_ = print_"),
        ("int a, b; a = b = 3;", "a = 0\nb = 0\na = b = 3"),
        ("std::map<TString, double> m; m[\"a\"] = 1;", 'm = defaultdict(float)\nm["a"] = 1'),
        ("std::map<int, int> m; bool b = m.find(3) != m.end();", "m = defaultdict(int)\nb = 3 in m"),
        ("Float_t x; TTree t; t.Branch(\"x\", &x); x = 2;",
         'x = np.zeros(1, np.float32)\nt = ROOT.TTree()\nt.Branch("x", x)\nx[0] = 2'),
        ("TTree *t(0); TFile f(\"a.root\"); f.GetObject(\"t\", t);", 't = None\nf = ROOT.TFile("a.root")\nt = f.Get("t")'),
        ("ROOT::EnableImplicitMT(4);", "ROOT.EnableImplicitMT(4)"),
        ("gSystem->Exec(\"ls\");", 'ROOT.gSystem.Exec("ls")'),
        ("exit(1);", "raise SystemExit(1)"),
        ("throw std::runtime_error(\"no\");", 'raise RuntimeError("no")'),
        ("return;", "return"),
    ],
)  # fmt: skip
def test_statements(cpp, python):
    assert body(cpp) == python


@pytest.mark.parametrize(
    "cpp, python",
    [
        ("std::cout << \"a\" << 1 << std::endl;", 'print("a", 1, sep="")'),
        ("cout << \"a\\n\";", 'print("a")'),
        ("cout << \"a\";", 'print("a", end="")'),
        ("std::cerr << std::setw(5) << 1 << '\\n';", "print(1, file=sys.stderr)"),
        ("cout << endl;", "print()"),
        ("cout << \"a\" << endl << \"b\" << endl;", 'print("a", "\\n", "b", sep="")'),
        ("printf(\"%s: %5.2lf%%\\n\", \"x\", 1.5);", 'print("%s: %5.2f%%" % ("x", 1.5))'),
        ("printf(\"done\");", 'print("done", end="")'),
        ("TString s = Form(\"%i\", 3);", 's = "%i" % 3'),
        ("TString s = TString::Format(\"%d_%s\", 3, \"x\");", 's = "%d_%s" % (3, "x")'),
        ("Info(\"here\", \"text\");", 'ROOT.Info("here", "text")'),
    ],
)  # fmt: skip
def test_what_is_printed(cpp, python):
    assert body(cpp) == python


@pytest.mark.parametrize(
    "cpp, python",
    [
        ("for (int i = 0; i < 3; i++) x += i;", "for i in range(3):\n    x += i"),
        ("for (int i = 1; i <= n; ++i) x += i;", "for i in range(1, n + 1):\n    x += i"),
        ("for (Int_t i = 9; i >= 0; i--) x += i;", "for i in range(9, -1, -1):\n    x += i"),
        ("for (int i = 9; i > n; i -= 2) x += i;", "for i in range(9, n, -2):\n    x += i"),
        ("for (int i = 0; i < 9; i++) { i++; x += i; }", "i = 0\nwhile i < 9:\n    i += 1\n    x += i\n    i += 1"),
        ("for (;;) break;", "while True:\n    break"),
        ("int i; for (i = 2; i < 4; i++) ;", "i = 0\nfor i in range(2, 4):\n    pass"),
        ("while (x < 3) x++;", "while x < 3:\n    x += 1"),
        ("do x++; while (x < 3);", "while True:\n    x += 1\n    if not (x < 3):\n        break"),
        ("int y; while ((y = x)) x--;", "y = 0\nwhile (y := x):\n    x -= 1"),
        ("if (x) x = 1; else if (n) x = 2; else { x = 3; }", "if x:\n    x = 1\nelif n:\n    x = 2\nelse:\n    x = 3"),
        ("for (auto it = m.begin(); it != m.end(); ++it) it->second = 0;", "for it in list(m):\n    m[it] = 0"),
        ("for (auto &p : m) if (p.second) cout << p.first;", 'for p in list(m):\n    if m[p]:\n        print(p, end="")'),
        ("for (auto it = v.begin(); it != v.end(); it++) x += *it;", "for it in v:\n    x += it"),
        ("for (float y : v) x += y;", "for y in v:\n    x += y"),
        ("for (int i = 0; i < 3; i++) { if (i == 1) continue; }", "for i in range(3):\n    if i == 1:\n        continue"),
    ],
)  # fmt: skip
def test_loops_and_conditions(cpp, python):
    declared = "int x = 0, n = 1; std::map<std::string, int> m; std::vector<float> v;"
    assert body(cpp, declared) == python


@pytest.mark.parametrize(
    "cpp, python",
    [
        ("TCut c = a && b;", "c = a + b"),
        ("TCut c = a + \"y\";", 'c = a + ROOT.TCut("y")'),
        ("TCut c = a * \"w\";", 'c = a * ROOT.TCut("w")'),
        ("TCut c = a || b;", 'c = ROOT.TCut(f"({a})||({b})")'),
        ("TCut c = !a;", 'c = ROOT.TCut(f"!({a})")'),
        ("TCut c = \"z\"; c = a;", 'c = ROOT.TCut("z")\nc = a'),
    ],
)  # fmt: skip
def test_cuts_are_joined_by_signs_that_python_has(cpp, python):
    assert body(cpp, 'TCut a = "x", b("y");') == python


@pytest.mark.parametrize(
    "cpp, comment",
    [
        ("TGraph2D g(3);", "# no counterpart: TGraph2D is not part of tmvalite.pyroot\n#     TGraph2D g(3);"),
        ("TMVA::MethodCuts c;", "# no counterpart: TMVA.MethodCuts: book it by its Types in a Factory"),
        ("switch (1) { case 1: break; }", "# no counterpart: a switch is not translated\n#     switch (1) { case 1: break; }"),
        ("auto f = [&](int i) { return i; };", "# no counterpart: not understood: '[' does not belong here"),
        ("TFile f(\"a\"); f.Recover();", 'f = ROOT.TFile("a")\n# no counterpart: TFile.Recover is not part of tmvalite.pyroot'),
        ("gROOT->Reload();", "# no counterpart: gROOT.Reload is not part of tmvalite.pyroot"),
        ("unknown(3);", "# no counterpart: unknown is not part of tmvalite.pyroot"),
        ("TMVA::Factory f(\"j\", \"\"); f.MakeClass();", "a method writes its C++ class"),
        ("float x[];", "# no counterpart: the array 'x' has no size"),
        ("int i, j; j = (i += 2);", "# no counterpart: an assignment to i inside an expression is not translated"),
        ("std::vector<int> v; sort(v.begin(), v.end());", "# no counterpart: "),
        ("int x = 0; for (int i = 0; i < 9; i++) { i++; continue; }", "# no counterpart: a loop of this form with continue"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_a_comment(cpp, comment):
    assert comment in body(cpp)


def test_names_of_the_macro_and_of_directives():
    script = migrate(
        """
#define N_EPOCHS 5
#if defined(R__HAS_TMVACPU) && !defined(__CINT__)
#define MODE "cpu"
#elif 1
#define MODE "none"
#endif
#if ROOT_VERSION_CODE >= ROOT_VERSION(6,8,0)
int never = 1;
#else
int counter = 0;
#endif
void count(int by = N_EPOCHS, TString what = "x", double = 2);
void count(int by, TString what, double) { counter += by; /* all of it */ }
struct Point { double x; };
""",
        "count",
    )
    assert 'N_EPOCHS = 5\nMODE = "cpu"' in script and "never" not in script
    assert "counter = 0\n" in script and "    global counter\n" in script and "    counter += by\n" in script
    assert "# no counterpart: a struct is not translated\n#     struct Point { double x; };" in script
    assert "# all of it" in script
    ast.parse(script)


def test_comments_keep_their_places():
    script = migrate("// before\n\nint a = 1; // behind\n/* two\n * lines */\nint b = 2;\n//-------\n", "m")
    assert script.endswith("# before\na = 1  # behind\n# two\n# lines\nb = 2\n")


def test_texts_over_several_lines_and_deep_nesting():
    assert 's = "ab"' in migrate('const char *s = "a\\\nb";', "m")
    script = migrate("void f() { " + "{" * 300 + "}" * 300 + " }", "f")
    ast.parse(script)
    assert "too many levels" in script


def test_a_long_call_is_broken_over_lines_and_a_long_text_at_its_separators():
    long = ":".join(f"Option{i}=value{i}" for i in range(12))
    script = migrate(f'void f() {{ TMVA::Factory *x = new TMVA::Factory("job", "{long}"); }}', "f")
    assert max(map(len, script.splitlines())) <= 101
    call = ast.parse(script).body[-2].body[0].value
    assert call.args[1].value == long


@hypothesis.settings(max_examples=40)
@hypothesis.given(st.data())
def test_whatever_is_missing_or_doubled_the_script_is_python_or_the_brackets_are_told(data):
    text = data.draw(st.sampled_from(MACROS))
    words = re.findall(r"\s+|\w+|.", text)
    for _ in range(data.draw(st.integers(1, 3))):
        at, what = data.draw(st.integers(0, len(words) - 1)), data.draw(st.sampled_from(SPOILS))
        words[at : at + (data.draw(st.booleans()))] = [what]
    try:
        script = migrate("".join(words), "m")
    except OptionError as problem:
        assert problem.code == "macro-bracket"
    else:
        ast.parse(script)
