"""Random expressions over the table of root_oracle.py, from a seed."""

import random
from pathlib import Path

SCALARS = ["x", "y", "k", "u", "b", "h", "big", "c", "nj", "nz", "trk.px", "px", "py", "q", "jet.pt", "eta", "trk.q"]
OBJECTS = ["p4.fE", "p4.fP.fX", "fP.fY", "vt.fX", "vt.fZ", "fr.fx", "fx", "other.fn", "fr.x", "mass", "twice", "events.x"]
FIXED = {"a": 3, "d": 4}  # one axis of fixed length
VARYING = ["v", "w", "i", "z", "vec", "veci", "jets.fX", "jets.fY", "fa"]
MATRICES = {"g": (2, 3), "two": (None, 2)}
ARITHMETIC = ["+", "-", "*", "/", "+", "-", "*"]
INTEGERS = ["&", "|", "<<", ">>", "%"]
COMPARISONS = ["<", ">", "<=", ">=", "==", "!="]
ONE = """abs fabs sq exp log log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh floor ceil round rint trunc int
sign cbrt erf erfc isnan std::isnan isfinite exp2 log1p expm1 log2 TMath::Abs TMath::Sqrt TMath::Log TMath::Nint TMath::Freq
TMath::ACos TMath::ASin TMath::Floor TMath::Even TMath::Odd TMath::IsNaN TMath::Finite TMath::Gaus TMath::Landau TMath::Erf
TMath::LnGamma ROOT::Math::normal_cdf
ROOT::Math::normal_pdf ROOT::Math::gaussian_cdf_c ROOT::Math::landau_pdf lgamma tgamma sqrt""".split()
TWO = """pow min max fmin fmax atan2 hypot fmod std::pow std::hypot std::atan2 TMath::Power TMath::Min TMath::Max TMath::ATan2
TMath::Hypot TMath::Sign TMath::Poisson TMath::BreitWigner TMath::Gaus ROOT::Math::exponential_pdf
ROOT::Math::chisquared_cdf ROOT::Math::breitwigner_pdf ROOT::Math::normal_pdf fdim std::fmod""".split()
WHOLE = ("int", "TMath::Nint", "TMath::Even", "TMath::Odd")  # truncate their arguments
NUMBERS = ["0", "1", "2", "3", "7", "10", "0.5", "1.5", "2.25", "100", "1e3", ".25", "0x10", "20"]


class Writer:
    """Writes one expression after the other.

    What ROOT does without a meaning is left out, and stands in a table of its own (root_differences.json): reads outside of
    an array, values of an earlier entry where ?: && || or Alt$ do not need all elements, NaN as an integer.
    """

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def one(self):
        chance = self.chance
        arrays = chance.random() < 0.6
        if chance.random() < 0.03:
            return f"{chance.choice(SCALARS)}{chance.choice('+-*')}{chance.choice(ONE)}({chance.choice(['v', 'w', 'z'])}[i])"
        text = self.expression(chance.choice([1, 2, 2, 3, 3, 4]), arrays, False)
        if chance.random() < 0.05:  # a slip
            at = chance.randrange(len(text))
            text = text[:at] + text[at + 1 :] if chance.random() < 0.7 else text[:at] + chance.choice("()[]+x,") + text[at:]
        return text

    def expression(self, depth, arrays, whole):
        """`arrays`: whether arrays may stand free. `whole`: whether the value must be usable as an integer."""
        roll, chance = self.chance.random(), self.chance

        def inner(**changes):
            return self.expression(depth - 1, **{"arrays": arrays, "whole": whole, **changes})

        if depth == 0 or roll < 0.12:
            return self.atom(arrays)
        if roll < 0.32:
            operator, left, right = chance.choice(ARITHMETIC), inner(), inner()
            return left + operator + (" " if right.startswith("-") else "") + right
        if roll < 0.40:
            operator, left = chance.choice(INTEGERS), inner(whole=True)
            # An integer remainder of 0 ends ROOT's process.
            right = inner(whole=True)
            if operator == "%":
                left, right = chance.choice(SCALARS[:10]), chance.choice(["3", "7", "2", "(abs(k)+1)"])
            elif operator in ("<<", ">>"):
                left, right = chance.choice(SCALARS[:10]), chance.choice(["1", "2", "nj", "nz"])
            right = f"({right})" if right.startswith("-") else right
            return left + operator + right if whole else f"({left}{operator}{right})"
        if roll < 0.47:  # chains of comparisons are left to a test of their own
            return f"(({inner()}){chance.choice(COMPARISONS)}({inner()}))"
        if roll < 0.52:
            text = f"{inner()}{chance.choice(['&&', '||'])}{inner()}"
            return f"({text})" if whole else text
        if roll < 0.55:
            return f"({inner()}?{inner()}:{inner()})"
        if roll < 0.63:
            return f"({inner()})"
        if roll < 0.68:
            text = inner()
            return f"({chance.choice('-!')}{text if text[0] not in '-!+' else f'({text})'})"
        if roll < 0.73 and not whole:
            return f"{inner()}^{chance.choice(['2', '0.5', '-1', '3', self.atom(arrays)])}"
        if roll < 0.85 and not whole:
            name = chance.choice(ONE)
            return f"{name}({inner(whole=name in WHOLE)})"
        if roll < 0.91 and not whole:
            name = chance.choice(TWO)
            return f"{name}({inner(whole=name in WHOLE)},{inner(whole=name in WHOLE)})"
        if roll < 0.97:
            name = "Length$" if whole else chance.choice(["Sum$", "Length$", "Min$", "Max$", "MinIf$", "MaxIf$"])
            text = inner(arrays=True)
            return f"{name}({text},{inner(arrays=True)})" if name.endswith("If$") else f"{name}({text})"
        if whole:
            return self.atom(arrays)
        return f"Alt$({inner(arrays=True)},{chance.choice(NUMBERS + SCALARS)})"

    def atom(self, arrays):
        roll, chance = self.chance.random(), self.chance
        if roll < 0.2:
            return chance.choice(NUMBERS)
        if roll < 0.42:
            return chance.choice(SCALARS)
        if roll < 0.5:
            return chance.choice(OBJECTS)
        if roll < 0.62 and arrays:
            return chance.choice(list(FIXED) + VARYING)
        if roll < 0.72:
            return self.element(chance.choice(list(FIXED)), arrays)
        if roll < 0.82:
            return self.element(chance.choice(VARYING), arrays)
        if roll < 0.9:
            return self.matrix(chance.choice(list(MATRICES)), arrays)
        if roll < 0.96:
            return chance.choice(["Entry$", "Entries$", "Iteration$", "LocalEntry$"])
        return chance.choice(["@vec.size()", "vec@.size()", "@jets.size()", "lead", "x[0]", "k[0]"])

    def index(self, name, arrays):
        roll, chance = self.chance.random(), self.chance
        if roll < 0.45 or name in ("vec", "veci"):
            return str(chance.randrange(FIXED[name] + (chance.random() < 0.1)) if name in FIXED else chance.randrange(4))
        if roll < 0.55 and arrays:
            return ""
        scalars = ["nj", "nz", "1+1", "Entry$%3", "abs(k)%3", "(1)", "c%4", "(nj>0)*(nj-1)", "Sum$(v>0)"]
        return chance.choice(scalars if name in FIXED else [*scalars, "i[0]", "veci[1]"])

    def element(self, name, arrays):
        index = self.index(name, arrays)
        if name.startswith("jets.") and self.chance.random() < 0.5:
            return f"jets[{index}]{name[4:]}"
        return f"{name}[{index}]"

    def matrix(self, name, arrays):
        chance, (first, second) = self.chance, MATRICES[name]
        one, two = str(chance.randrange(first or 3)), str(chance.randrange(second))
        if not arrays:
            return f"{name}[{chance.choice([one, one, 'nj'])}][{two}]"
        return chance.choice([name, f"{name}[][]", f"{name}[][{two}]", f"{name}[{one}][{two}]"])


def expressions(n, seed):
    """n expressions, all different."""
    writer, found = Writer(seed), {}
    while len(found) < n:
        found[writer.one()] = None
    return list(found)


CHOSEN = (Path(__file__).parent / "data" / "chosen.txt").read_text("utf-8").splitlines()
