"""The generated pages of the documentation, and `tmvalite options`, which prints what they hold."""

from __future__ import annotations

import json

import pytest

from tests.data.conftest import physics_data  # noqa: F401
from tests.doc_scripts import DOCS, script
from tmvalite.activations import ACTIVATIONS
from tmvalite.cli import main
from tmvalite.cli.options import as_text, found
from tmvalite.cli.reference import all_sections, option_sections
from tmvalite.data.transforms import REGISTRY as TRANSFORMS
from tmvalite.errors import OptionError
from tmvalite.layers import REGISTRY as LAYERS
from tmvalite.losses import LOSSES
from tmvalite.methods.understood import FORMS
from tmvalite.optimizers import OPTIMIZERS
from tmvalite.string_utils.training_keys import KEYS
from tmvalite.wrapping import WIDTH


def test_the_generated_pages_are_what_the_registries_say():
    files = script("make_reference").files()
    stale = [path.relative_to(DOCS).as_posix() for path, text in files.items() if path.read_text("utf-8") != text]
    assert not stale, f"run python docs/make_reference.py: {', '.join(stale)}"
    assert {path for path in (DOCS / "reference").iterdir()} <= set(files)


def test_the_page_of_published_strings_is_what_is_made_of_them(physics_data):  # noqa: F811
    strings = physics_data.parent / "corpus" / "strings.jsonl"
    if not strings.exists():
        pytest.skip("the collected strings are not here")
    entries = [json.loads(line) for line in strings.read_text("utf-8").splitlines()]
    table = script("make_corpus_table").table(entries)
    assert (DOCS / "corpus.md").read_text("utf-8") == table, "run python docs/make_corpus_table.py"


def test_every_member_has_a_section_and_every_option_an_entry():
    names = [section.name for section in all_sections()]
    members = [*LAYERS, *ACTIVATIONS, *LOSSES, *OPTIMIZERS, *(cls.words[0] for cls in TRANSFORMS.values())]
    assert set(members) <= set(names)
    entries = {section.name: [entry.name for entry in section.entries] for section in option_sections()}
    for name, form in FORMS.items():
        assert set(entries[f"Method{name}"]) == {*form.table.names, *form.extensions.names, "Strict"}
    assert {key.name for key in KEYS} <= set(entries["TrainingStrategy"])


def test_every_section_and_entry_says_what_it_is():
    for section in all_sections():
        assert section.text, f"{section.name} has no text"
        assert all(entry.meaning for entry in section.entries), section.name


def test_everything_fits_into_80_columns():
    assert max(map(len, as_text(all_sections()).splitlines())) <= WIDTH


def printed(capsys, *arguments):
    code = main(["options", *arguments])
    return code, *capsys.readouterr()


def test_options_prints_one_option_of_every_string_that_has_it(capsys):
    code, out, err = printed(capsys, "validationsize")
    assert (code, err) == (0, "")
    entry = ["  ValidationSize           text; default 20%", "      part of the training events that validates: 20%, 0.2 or 100"]
    lines = out.splitlines()
    assert [line for line in lines if line and line[0] != " "] == ["MethodDL", "MethodDNN", "MethodAE", "MethodGAN"]
    assert lines[1:3] == lines[5:7] == lines[9:11] == entry


def test_options_prints_a_layer_with_its_fields(capsys):
    out = printed(capsys, "dropout")[1]
    assert out.startswith("DROPOUT  (layer, not in TMVA)\n  Training: each value is 0 with probability p,")
    assert out.splitlines()[-4:] == [
        "  fields: p",
        "  examples: DROPOUT|0.5  DROPOUT|0",
        "  p                        a number, at least 0, less than 1",
        "      probability to drop a value",
    ]


def test_options_prints_a_method_and_a_key_by_name(capsys):
    out = printed(capsys, "AE")[1]
    assert out.startswith("MethodAE\n") and "  KLWeight                 a number, at least 0; default 1; not in TMVA\n" in out
    out = printed(capsys, "BatchSize")[1]
    assert out.splitlines() == [
        "TrainingStrategy",
        "  BatchSize                a whole number, at least 1; default 30",
        "      events per step",
    ]


def test_options_without_a_name_prints_all_strings(capsys):
    heads = [line for line in printed(capsys)[1].splitlines() if line and line[0] != " "]
    assert heads == [*(f"Method{name}" for name in FORMS), "CreateMVAPdfs", "Factory", "DataLoader", "Reader", "TrainingStrategy"]


def test_options_prints_what_a_code_means(capsys):
    assert printed(capsys, "hash")[1] == "  hash                     A '#' stands where it means nothing.\n"


def test_error_a_name_that_nothing_has(capsys):
    code, out, err = printed(capsys, "DESNE")
    assert (code, out) == (2, "") and err == "error: nothing is called 'DESNE'\n  hint: did you mean 'DENSE'?\n"
    with pytest.raises(OptionError):
        found("")
