"""A method with the interface of methods.base.Method and nothing behind it: sums of the inputs."""

from __future__ import annotations

import json
import re

import numpy as np

from tmvalite.data.info import DataSetInfo, VariableInfo
from tmvalite.errors import Diagnostics, ShapeError


class FakeMethod:
    """Values: classification = sum of the variables times `sign`; regression = the sum for each target; multiclass = column c."""

    method_type = "DL"

    def __init__(self, options="", *, analysis_type="classification", title="fake", **keywords):
        self.options, self.analysis_type, self.title, self.keywords = options, analysis_type, title, keywords
        self.sign = -1.0 if "Worse" in options else {"B": 0.5, "C": 2.0}.get(title, 1.0)
        self.spoil = "Spoil" in options
        self.info, self.history, self.trained_on, self.diagnostics = None, {}, 0, Diagnostics()
        self.quiet = "!V" in options.split(":")

    @property
    def is_trained(self):
        return self.info is not None

    writes_file, note, lacking = True, "", ""

    @property
    def columns(self):
        return self.info.variables

    def blueprint(self, info):
        if "TooWide" in self.options:
            raise ShapeError("the fake does not fit", code="shape")

    def train(self, events, info, *, progress="auto", write=print):
        self.info, self.trained_on, self.progress = info, len(events), progress
        write("epoch 1")

    @property
    def value_kind(self):
        return self.analysis_type

    def truth(self, events):
        return events.targets

    def value_names(self, info):
        return info.classes if self.analysis_type == "multiclass" else [v.internal for v in info.targets]

    def _sums(self, x):
        return self.sign * np.asarray(x, dtype=np.float32).sum(axis=-1)

    def GetMvaValues(self, x):
        return self._sums(x)

    GetMvaValue = GetMvaValues

    def one_event(self):
        return None  # there is no network

    def GetRegressionValues(self, x):
        return np.stack([self._sums(x)] * max(1, len(self.info.targets)), axis=-1)

    def GetMulticlassValues(self, x):
        x = np.asarray(x, dtype=np.float32)
        return np.stack([x[..., c % x.shape[-1]] for c in range(len(self.info.classes))], axis=-1)

    def save(self, path):
        info = self.info
        state = {
            "title": self.title,
            "analysis_type": self.analysis_type,
            "sign": self.sign * (2.0 if self.spoil else 1.0),
            "classes": list(info.classes),
            "groups": [[[v.expression, v.label] for v in group] for group in (info.variables, info.targets, info.spectators)],
        }
        with open(path, "w", encoding="utf-8") as file:
            json.dump(state, file)


def load(path):
    with open(path, encoding="utf-8") as file:
        state = json.load(file)
    method = FakeMethod(analysis_type=state["analysis_type"], title=state["title"])
    method.sign = state["sign"]
    groups = [tuple(VariableInfo(expression, label) for expression, label in group) for group in state["groups"]]
    method.info = DataSetInfo(*groups, tuple(state["classes"]))
    return method


def unwrapped(log):
    """A log with every sentence in one line, as it was before it was made to fit a terminal."""
    return re.sub(r"\n( {25}: )?  (?=\S)", " ", log)


def info_of(variables, targets=(), spectators=(), classes=("Signal", "Background")):
    """A DataSetInfo of expressions."""
    return DataSetInfo(*(tuple(VariableInfo(e) for e in group) for group in (variables, targets, spectators)), tuple(classes))
