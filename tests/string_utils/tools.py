"""What the tests of string_utils share: one call for each parser, and the table of MethodDL's options."""

from pathlib import Path

import pytest

from tmvalite.errors import Diagnostics, OptionError, Source, Span
from tmvalite.string_utils import DeclaredOption, OptionTable

METHOD_DL = OptionTable(
    DeclaredOption("V", bool, False),
    DeclaredOption("VerbosityLevel", str, "Default", choices=("Default", "Debug", "Verbose", "Info", "Warning", "Error")),
    DeclaredOption("VarTransform", str, "None"),
    DeclaredOption("H", bool, False),
    DeclaredOption("CreateMVAPdfs", bool, False),
    DeclaredOption("IgnoreNegWeightsInTraining", bool, False),
    DeclaredOption("InputLayout", str, "0|0|0"),
    DeclaredOption("BatchLayout", str, "0|0|0"),
    DeclaredOption("Layout", str, "DENSE|(N+100)*2|SOFTSIGN,DENSE|0|LINEAR"),
    DeclaredOption("ErrorStrategy", str, "CROSSENTROPY", choices=("CROSSENTROPY", "SUMOFSQUARES", "MUTUALEXCLUSIVE")),
    DeclaredOption(
        "WeightInitialization", str, "XAVIER", choices=("XAVIER", "XAVIERUNIFORM", "GAUSS", "UNIFORM", "IDENTITY", "ZERO")
    ),
    DeclaredOption("RandomSeed", int, 0, minimum=0),
    DeclaredOption("ValidationSize", str, "20%"),
    DeclaredOption("Architecture", str, "CPU", choices=("STANDARD", "CPU", "GPU", "OPENCL", "CUDNN")),
    DeclaredOption("TrainingStrategy", str, "LearningRate=1e-3"),
)


def published(*kinds):
    """Option strings that were published with analyses and tutorials, as (kind, text)."""
    lines = (Path(__file__).parent / "published_strings.txt").read_text(encoding="utf-8").splitlines()
    return [text for kind, text in (line.split("\t") for line in lines) if kind in kinds]


def read(parse, text, name=None, strict=False):
    """Parse `text`, as the value of an option if `name` is given. Returns the node and the warnings."""
    prefix = f"{name}=" if name else ""
    source = Source(f"V:{prefix}{text}:!H" if name else text, ":")
    start = len("V:") + len(prefix) if name else 0
    diagnostics = Diagnostics(source, strict=strict)
    node = parse(source, Span(start, start + len(text)), diagnostics)
    return node, diagnostics.warnings


def codes(parse, text, name=None):
    return [warning.code for warning in read(parse, text, name)[1]]


def error(parse, text, name=None):
    """The whole text of the error that `text` gives."""
    with pytest.raises(OptionError) as caught:
        read(parse, text, name)
    assert caught.value.code and caught.value.message
    return str(caught.value)


def warning(parse, text, name=None):
    """The whole text of the only warning that `text` gives; under Strict the same text is an error."""
    (only,) = read(parse, text, name)[1]
    with pytest.raises(OptionError) as caught:
        read(parse, text, name, strict=True)
    assert str(caught.value) == str(only) and caught.value.code == only.code
    return str(only)


def message(*lines):
    return "\n".join(lines)
