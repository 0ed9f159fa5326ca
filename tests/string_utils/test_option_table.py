import copy

import pytest

from tests.string_utils.tools import METHOD_DL, published
from tmvalite.errors import Diagnostics, OptionError
from tmvalite.string_utils import DeclaredOption, OptionTable, parse_options

EXTRA = OptionTable(
    DeclaredOption("NSmooth", int, -1, size=3),
    DeclaredOption("Scale", float, 0.5),
    DeclaredOption("Bins", int, 2, choices=(2, 4)),
    DeclaredOption("Odd[1]", str, ""),
)
TABLE = METHOD_DL + EXTRA


def bind(text="", **keywords):
    return TABLE.bind(text, keywords)


def codes(text="", **keywords):
    return [w.code for w in bind(text, **keywords).diagnostics.warnings]


def test_structure_of_a_booking_string():
    options = parse_options("!H:V::Layout=A=1,B: NSmooth[2] = 4 :x=").options
    assert [(o.name.text, o.value and o.value.text, o.negated, o.index) for o in options] == [
        ("H", None, True, None),
        ("V", None, False, None),
        ("Layout", "A=1,B", False, None),
        ("NSmooth", "4", False, 2),
        ("x", "", False, None),
    ]


@pytest.mark.parametrize("text", ["", ":", "::", " ", " : "])
def test_strings_of_nothing_have_no_options(text):
    assert parse_options(text).options == ()


def test_names_are_found_in_any_case_and_values_keep_theirs():
    bound = bind("layout=tanh|3:VARTRANSFORM=N")
    assert (bound.values.Layout, bound.values["VarTransform"]) == ("tanh|3", "N")


@pytest.mark.parametrize("text", ["V", "v", "V=1", "V=True", "V=kTRUE", "V=t"])
def test_true_values(text):
    assert bind(text).values.V is True


@pytest.mark.parametrize("text", ["!V", "V=0", "V=False", "V=kFalse", "V=f"])
def test_false_values(text):
    bound = bind(text)
    assert bound.values.V is False and bound.is_set("V")


def test_predefined_values_take_the_declared_spelling():
    assert bind("ErrorStrategy=crossEntropy:VerbosityLevel=debug").values.VerbosityLevel == "Debug"


def test_a_bare_word_is_looked_up_among_the_predefined_values():
    assert bind("cpu:SUMOFSQUARES").values.Architecture == "CPU"
    assert bind("SUMOFSQUARES").values.ErrorStrategy == "SUMOFSQUARES"


def test_the_first_option_with_the_predefined_value_is_set():
    table = OptionTable(DeclaredOption("A", str, "x", choices=("x", "y")), DeclaredOption("B", str, "y", choices=("y", "x")))
    bound = table.bind("Y")
    assert bound.values.A == "y" and not bound.is_set("B")


def test_numbers():
    assert bind("RandomSeed=800.0:Scale=1.E-3").values.RandomSeed == 800
    assert bind("Scale=-.5").values.Scale == -0.5
    assert bind("Bins=4").values.Bins == 4


def test_arrays():
    assert bind("NSmooth=3").values.NSmooth == (3, 3, 3)
    assert bind("NSmooth[1]=7").values.NSmooth == (-1, 7, -1)
    assert bind("NSmooth=1:NSmooth[0]=2").values.NSmooth == (2, 1, 1)
    assert codes("NSmooth=1:NSmooth[0]=2") == []


def test_a_name_with_brackets_wins_over_an_index():
    assert bind("Odd[1]=x").values["Odd[1]"] == "x"


def test_the_last_of_two_values_counts():
    assert bind("Scale=1:Scale=2").values.Scale == 2.0
    assert codes("Scale=1:Scale=2") == ["option-repeated"]


def test_keywords_become_options_as_in_pyroot():
    bound = bind(H=True, V=False, RandomSeed=800.0, VarTransform=None, ValidationSize=0.2, TrainingStrategy="A=1:GPU")
    assert bound.source.text == "H:!V:RandomSeed=800.0:VarTransform=None:ValidationSize=0.2:TrainingStrategy=A=1:GPU"
    values = bound.values
    assert (values.H, values.V, values.RandomSeed, values.VarTransform) == (True, False, 800, "None")
    assert (values.TrainingStrategy, values.Architecture) == ("A=1", "GPU")


def test_keywords_stand_behind_the_string_in_one_source():
    bound = bind("!H:V", Layout="TANH|3")
    span = bound.spans["Layout"]
    assert bound.source.text == "!H:V:Layout=TANH|3"
    assert bound.source.text[span.start : span.stop] == "TANH|3"


def test_place_of_a_default():
    source, span = bind("V").place("ValidationSize")
    assert source.text[span.start : span.stop] == "20%"


def test_items_show_every_option_as_a_weight_file_does():
    items = {name: (text, modified) for name, text, modified in bind("V:NSmooth[1]=2").items()}
    assert list(items) == list(TABLE.names)
    assert items["V"] == ("True", True) and items["H"] == ("False", False)
    assert items["Scale"] == ("5.000000e-01", False) and items["RandomSeed"] == ("0", False)
    assert items["NSmooth"] == ("-1.0000000000000000e+00 2.0000000000000000e+00 -1.0000000000000000e+00", True)


def test_values_are_read_only_and_can_be_copied():
    values = bind("V").values
    with pytest.raises(AttributeError, match="cannot be changed"):
        values.V = False
    with pytest.raises(AttributeError, match="no option is called 'nothing'"):
        values.nothing  # noqa: B018
    assert dict(copy.deepcopy(values)) == dict(values)


def test_an_option_declared_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        METHOD_DL + METHOD_DL


@pytest.mark.parametrize("text", ["Strict", "strict=true", "V:STRICT"])
def test_strict_in_the_string_turns_warnings_into_errors(text):
    with pytest.raises(OptionError, match="RandomSeed is read up to 1"):
        bind(f"RandomSeed=1x:{text}")
    assert "Strict" not in dict(bind(text).values) and bind(text).diagnostics.strict


def test_not_strict():
    assert codes("!Strict:RandomSeed=1x:Strict=False") == ["text-after-number"]


def test_strict_as_a_keyword_and_in_the_environment(monkeypatch):
    assert bind(Strict=True).diagnostics.strict
    assert not bind(Strict=False).diagnostics.strict
    monkeypatch.setenv("TMVALITE_STRICT", "1")
    assert bind().diagnostics.strict


def test_a_given_collector_stays_strict():
    diagnostics = Diagnostics(strict=True)
    assert TABLE.bind("!Strict", None, diagnostics).diagnostics is diagnostics
    assert diagnostics.strict


def test_published_strings_bind():
    for text in published("dl"):
        bound = METHOD_DL.bind(text)
        assert {w.code for w in bound.diagnostics.warnings} <= {"blank-in-value", "option-repeated"}
        assert bound.values.Layout in text


WARNINGS = [
    (
        "RandomSeed=12abc",
        "RandomSeed is read up to 12, and 'abc' is ignored, as TMVA does",
        "RandomSeed=12abc",
        13,
        3,
        "write RandomSeed=12",
    ),
    ("V:!V", "V is given twice; the last one counts, as in TMVA, and not 'True'", "!V", 0, 2, "remove one of them"),
    (
        "Layout=A, B:V",
        "the value of Layout has a blank inside; TMVA would stop there and ignore 'B'",
        "Layout=A, B",
        9,
        1,
        "remove the blank, so that TMVA reads the whole value too",
    ),
    (
        "Architecture=CPU x",
        "Architecture is read up to 'CPU', and 'x' is ignored, as TMVA does",
        "Architecture=CPU x",
        17,
        1,
        "write Architecture=CPU",
    ),
    ("H: V", "a blank stands before 'V'; TMVA would not find the option", " V", 0, 1, "remove the blank"),
]


@pytest.mark.parametrize(("text", "first", "line", "at", "length", "hint"), WARNINGS, ids=[w[0] for w in WARNINGS])
def test_error_texts_of_warnings_about_options(text, first, line, at, length, hint):
    (only,) = bind(text).diagnostics.warnings
    marker = " " * (at + 2) + "^" + "~" * (length - 1)
    assert str(only) == f"{first}\n  {line}\n{marker}\n  hint: {hint}"
    with pytest.raises(OptionError) as caught:
        bind(text + ":Strict")
    assert str(caught.value) == str(only)


ALL = "expected one of: " + ", ".join(TABLE.names)
TRUTH = "expected one of: 1, true, ktrue, t, 0, false, kfalse, f"
ERRORS = [
    ("V:Layuot=3:H", "no option is called 'Layuot'", "Layuot=3", 0, 6, [ALL, "hint: did you mean 'Layout'?"]),
    ("CPUU", "no option is called 'CPUU'", "CPUU", 0, 4, [ALL, "hint: did you mean 'CPU'?"]),
    (
        "LearningRate=1",
        "no option is called 'LearningRate'",
        "LearningRate=1",
        0,
        12,
        [ALL, "hint: LearningRate belongs into TrainingStrategy: write TrainingStrategy=LearningRate=...,..."],
    ),
    (
        "V=maybe",
        "V is either on or off, not 'maybe'",
        "V=maybe",
        2,
        5,
        [TRUTH, "hint: write V to switch it on, !V to switch it off"],
    ),
    (
        "RandomSeed=abc",
        "'abc' is not a number; TMVA would read RandomSeed as 0",
        "RandomSeed=abc",
        11,
        3,
        ["expected a whole number"],
    ),
    ("RandomSeed=-1", "RandomSeed cannot be -1", "RandomSeed=-1", 11, 2, ["expected at least 0"]),
    ("RandomSeed=", "RandomSeed has no value", "RandomSeed=", 11, 1, ["expected a whole number"]),
    (
        "Scale=e-3",
        "'e-3' is not a number; TMVA would read Scale as 0",
        "Scale=e-3",
        6,
        3,
        ["expected a number", "hint: did you mean 1e-3?"],
    ),
    (
        "ErrorStrategy=CROSENTROPY",
        "ErrorStrategy cannot be 'CROSENTROPY'",
        "ErrorStrategy=CROSENTROPY",
        14,
        11,
        ["expected one of: CROSSENTROPY, SUMOFSQUARES, MUTUALEXCLUSIVE", "hint: did you mean 'CROSSENTROPY'?"],
    ),
    ("Bins=3", "Bins cannot be '3'", "Bins=3", 5, 1, ["expected one of: 2, 4"]),
    ("V:Layout", "Layout has no value", "Layout", 0, 6, ["hint: write Layout=value"]),
    ("!Layout", "Layout cannot be switched off", "!Layout", 0, 7, ["hint: write Layout=value"]),
    ("!V=True", "'!' and '=' do not go together", "!V=True", 0, 7, ["hint: write V or !V"]),
    ("V[0]=1", "V is no array", "V[0]=1", 0, 4, ["hint: write V=..."]),
    ("NSmooth[3]=1", "NSmooth has no element 3", "NSmooth[3]=1", 0, 10, ["expected an index from 0 to 2"]),
    ("V:=3", "the name before '=' is missing", "=3", 0, 1, ["hint: write name=value"]),
    ("V:!", "'!' stands without the name of an option", "!", 0, 1, ["hint: write !name to switch an option off"]),
    ("!!V", "'!' stands twice", "!!V", 1, 1, ["hint: write one '!' before the name, or none"]),
]


@pytest.mark.parametrize(("text", "first", "line", "at", "length", "rest"), ERRORS, ids=[e[0] for e in ERRORS])
def test_error_of_an_option(text, first, line, at, length, rest):
    with pytest.raises(OptionError) as caught:
        bind(text)
    excerpt, marker = str(caught.value).splitlines()[1:3]
    assert str(caught.value).splitlines()[0] == first
    assert [excerpt, marker] == ["  " + line, " " * (at + 2) + "^" + "~" * (length - 1)]
    assert str(caught.value).splitlines()[3:] == ["  " + part for part in rest]


def test_error_of_an_option_in_string_and_keyword():
    with pytest.raises(OptionError) as caught:
        bind("V:Layout=3", layout="TANH|3")
    assert str(caught.value) == (
        "Layout is given in the option string and as a keyword\n  layout=TANH|3\n  ^~~~~~~~~~~~~\n  hint: remove one of them"
    )


def test_hints_name_the_right_option_for_typing_errors():
    names = [name for name in METHOD_DL.names if len(name) > 3]
    right = total = 0
    for name in names:
        for i in range(len(name) - 1):
            before, a, b, after = name[:i], name[i], name[i + 1], name[i + 2 :]
            for typo in (before + b + after, before + a + a + b + after, before + b + a + after):
                if typo.lower() in (n.lower() for n in METHOD_DL.names):
                    continue
                with pytest.raises(OptionError) as caught:
                    METHOD_DL.bind(f"{typo}=1")
                total += 1
                right += caught.value.hint == f"did you mean {name!r}?"
    assert right >= 0.95 * total


def test_options_that_another_one_opens():
    inner = OptionTable(DeclaredOption("Bins", int, 7), DeclaredOption("Kind", str, "a", choices=("a", "b")))
    table = OptionTable(DeclaredOption("V", bool, False), DeclaredOption("Pdf", bool, False), opened={"Pdf": inner})
    table = table + OptionTable(DeclaredOption("X", int, 1))
    assert table.names == ("V", "Pdf", "X") and table.opened_names == ("Bins", "Kind")
    assert "Bins" not in table.bind("V").values and "Bins" not in table.bind("Pdf:!pdf").values
    bound = table.bind("bins=3:PDF=True:b")
    assert (bound.values.Bins, bound.values.Kind, list(bound.values)) == (3, "b", ["V", "Pdf", "X", "Bins", "Kind"])
    assert table.bind("Pdf", {"Bins": 5}).values.Bins == 5 and bound.table.opened == {}
    with pytest.raises(OptionError) as caught:
        table.bind("V:bins=3")
    assert caught.value.hint == "write Pdf too: without it Bins means nothing" and caught.value.expected == ("V", "Pdf", "X")
