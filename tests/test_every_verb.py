"""Every verb of the command line: what it declares, its import line, its help."""

import pytest

from tests.members import forgotten, without_import_line
from tmvalite import cli
from tmvalite.cli import VERBS, Verb, main

ALL = [pytest.param(verb, id=name) for name, verb in VERBS.items()]


def test_every_file_has_its_import_line():
    assert not (names := without_import_line(cli)), f"no import line in tmvalite/cli/__init__.py: {', '.join(names)}"


@pytest.mark.parametrize("verb", ALL)
def test_it_declares_all_that_is_asked_of_it(verb):
    missing = forgotten(verb, Verb, ["help", "description", "declare", "run"])
    assert not missing, f"{verb.name} does not declare {', '.join(missing)}"
    assert verb.name.islower() and verb.description.endswith(".") and len(verb.help) <= 70


@pytest.mark.parametrize("verb", ALL)
def test_its_help_is_shown(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        main([verb.name, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0 and shown.startswith(f"usage: tmvalite {verb.name} [-h]")
    assert " ".join(verb.description.split()[:5]) in " ".join(shown.split())


def test_the_list_of_verbs_has_all(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert all(f" {verb.name} {verb.help}" in shown for verb in VERBS.values())


def test_without_a_verb_the_list_is_shown(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    shown = capsys.readouterr().err
    assert ended.value.code == 2 and all(f"    {name}" in shown for name in VERBS)
