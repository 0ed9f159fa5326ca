"""A job file understood: what a DataLoader and a Factory are to be told, with the places for errors that they find."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tmvalite.errors import TmvaliteError, did_you_mean, quoted
from tmvalite.jobs.job_schema import ANALYSES, BY_NAME, SAMPLES, JobSection
from tmvalite.jobs.job_text import JobText, read_text
from tmvalite.methods import METHODS
from tmvalite.workflow.dataloader import DataLoader
from tmvalite.workflow.declarations import REGRESSION
from tmvalite.workflow.types import method_type

_WORDS = {str: "a text", int: "a number", float: "a number", list: "a list of texts", dict: "a section"}


@dataclass(frozen=True)
class Job:
    """The sections of a job file, checked against the schema. text : for errors"""

    text: JobText
    job: dict
    data: dict
    trees: tuple[dict, ...]
    classes: dict[str, dict]
    methods: tuple[dict, ...]
    systematics: tuple[dict, ...] = ()

    @property
    def analysis(self) -> str:
        """The analysis type as an option of the Factory."""
        if "analysis" in self.job:
            return self.job["analysis"].capitalize()
        if self.data.get("targets"):
            return "Regression"
        return "Classification" if len({tree.get("class") for tree in self.trees}) == 2 else "Multiclass"

    @property
    def title(self) -> str:
        return self.job["name"]

    def loader(self) -> DataLoader:
        """A DataLoader that was told all of it; nothing is read yet. Errors name the line."""
        loader = DataLoader(self.job.get("dataset", "dataset"))
        for key, add in (
            ("variables", loader.add_variable),
            ("targets", loader.add_target),
            ("spectators", loader.add_spectator),
        ):
            for text in self.data.get(key, ()):
                self._told(("data", key), add, text)
        for at, tree in enumerate(self.trees):
            self._told(
                ("tree", at, "file"),
                loader.add_tree,
                tree["file"],
                tree.get("class", REGRESSION),
                tree.get("weight", 1.0),
                tree.get("cut", ""),
                tree.get("sample", ""),
            )
        known = list(loader.GetDataSetInfo().classes)
        for name in self.classes:
            if name not in known:
                raise self.text.error(
                    f"no tree is of class {quoted(name)}",
                    code="class-unknown",
                    place=("class", name),
                    expected=tuple(known),
                    hint=did_you_mean(name, known),
                )
        for name in known:
            said = self.classes.get(name, {})
            weight = said.get("weight", self.data.get("weight", ""))
            if weight:
                loader.set_weight_expression(weight, name)
            cuts = [cut for cut in (self.data.get("cut", ""), said.get("cut", "")) if cut.strip()]
            for cut in cuts:
                loader.add_cut(cut, name)
        for at, one in enumerate(self.systematics):
            told = (one["name"], one["up"], one["down"], one.get("class", ""))
            self._told(("systematic", at, "name"), loader.add_systematic, *told)
        self._told(("data", "split"), loader.prepare, "", self.data.get("split", ""))
        return loader

    def _told(self, place, call, *arguments) -> None:
        try:
            call(*arguments)
        except TmvaliteError as error:
            raise self.text.located(error, place) from None


def read_job(path: str | os.PathLike) -> Job:
    """Raises FileError and OptionError, which name the line."""
    return understood(read_text(path))


def understood(text: JobText) -> Job:
    """The job of a text. Raises OptionError at the first thing that the schema does not know."""
    for name, value in text.values.items():
        if name not in BY_NAME:
            raise text.error(
                f"there is no section {quoted(name)}",
                code="job-section",
                place=(name,),
                expected=tuple(BY_NAME),
                hint=did_you_mean(name, BY_NAME),
            )
        _check_form(text, BY_NAME[name], value)
    values = text.values
    for name in ("job", "data", "tree", "method"):
        if name not in values:
            form = f"[[{name}]]" if BY_NAME[name].several else f"[{name}]"
            raise text.error(
                f"the section {form} is missing", code="job-section", place=(), hint="tmvalite train --example prints a whole job"
            )
    job = Job(
        text,
        values["job"],
        values["data"],
        tuple(values["tree"]),
        values.get("class", {}),
        tuple(values["method"]),
        tuple(values.get("systematic", ())),
    )
    _check_values(job)
    return job


def _check_form(text: JobText, section: JobSection, value) -> None:
    if section.several:
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise text.error(
                f"the section is written once for each {section.name}",
                code="job-section",
                place=(section.name,),
                expected=f"[[{section.name}]]",
            )
        for at, one in enumerate(value):
            _check_keys(text, section, one, (section.name, at))
        return
    if not isinstance(value, dict):
        raise text.error(
            f"{quoted(section.name)} is a section", code="job-section", place=(section.name,), expected=f"[{section.name}]"
        )
    if not section.named:
        _check_keys(text, section, value, (section.name,))
        return
    for name, one in value.items():
        if not isinstance(one, dict):
            raise text.error(
                f"{quoted(name)} is a section", code="job-section", place=(section.name, name), expected=f"[{section.name}.NAME]"
            )
        _check_keys(text, section, one, (section.name, name))


def _check_keys(text: JobText, section: JobSection, given: dict, place: tuple) -> None:
    keys = {key.name: key for key in section.keys}
    for name, value in given.items():
        if name not in keys:
            if section.open:
                continue
            raise text.error(
                f"[{section.name}] has no key {quoted(name)}",
                code="job-key",
                place=(*place, name),
                expected=tuple(keys),
                hint=did_you_mean(name, keys),
            )
        kinds = keys[name].kinds
        right = isinstance(value, kinds) and not isinstance(value, bool)
        if right and kinds == (list,):
            right = all(isinstance(one, str) for one in value)
        if not right:
            raise text.error(
                f"{name} is {_WORDS[kinds[0]]}", code="job-value", place=(*place, name), value=True, hint=keys[name].meaning
            )
    for key in section.keys:
        if key.required and key.name not in given:
            raise text.error(f"the key {key.name} is missing", code="job-key", place=place, hint=f"{key.name}: {key.meaning}")


def _check_values(job: Job) -> None:
    text = job.text
    for given, place, known in (
        (job.job.get("analysis"), ("job", "analysis"), ANALYSES),
        *((tree.get("sample"), ("tree", at, "sample"), SAMPLES) for at, tree in enumerate(job.trees)),
    ):
        if given is not None and given not in known:
            raise text.error(
                f"{quoted(given)} is not known",
                code="job-value",
                place=place,
                value=True,
                expected=known,
                hint=did_you_mean(given, known),
            )
    if not job.data["variables"]:
        raise text.error("there is no variable", code="job-value", place=("data", "variables"), value=True)
    titles = [method["title"] for method in job.methods]
    for at, method in enumerate(job.methods):
        if titles.index(method["title"]) < at:
            message = f"another method is called {quoted(method['title'])}"
            raise text.error(message, code="title-repeated", place=("method", at, "title"), value=True)
        kind = method.get("type", "DL")
        try:
            known = method_type(kind).name[1:] in METHODS
        except TmvaliteError:
            known = False
        if not known:
            raise text.error(
                f"there is no method {quoted(kind)}",
                code="method-unknown",
                place=("method", at, "type"),
                value=True,
                expected=tuple(METHODS),
                hint=did_you_mean(kind, METHODS),
            )
    regression = job.analysis == "Regression"
    for at, tree in enumerate(job.trees):
        if not regression and "class" not in tree:
            raise text.error("the tree has no class", code="job-key", place=("tree", at), hint='class = "Signal"')
