"""A method as plain values and back, so that a copy, another process and a pickle get text and arrays alone.

What makes a method of them again is its constructor and the reader of weight files; nothing else runs.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from tmvalite.io.layers_xml import declared_elements
from tmvalite.io.weights_xml import read_weights, weights_text
from tmvalite.io.xml_guard import XmlText
from tmvalite.models.form import FORMS
from tmvalite.training.history import Epoch, History

if TYPE_CHECKING:
    from tmvalite.models.trained import Trained


def state_of(model: Trained | None, history: History, trace: dict[str, list]) -> dict[str, Any]:
    """What a training left behind: the weight file as text, all its numbers as one array, the epochs as rows."""
    rows = [dataclasses.asdict(epoch) for epoch in history.epochs]
    about = {f.name: getattr(history, f.name) for f in dataclasses.fields(history) if f.name != "epochs"}
    state = {"epochs": rows, "history": about, "trace": {name: list(column) for name, column in trace.items()}}
    if model is not None:
        from tmvalite.models.file import weight_file

        file = weight_file(model.form.name, dataclasses.replace(model, replicas=None))
        state |= {
            "file": weights_text(file, declared_elements()),
            "numbers": model.network.parameters.snapshot(),
            "flat": model.flat,
            "replicas": None if model.replicas is None else model.replicas.parts,
        }
    return state


def restored(state: dict[str, Any], analysis_type: str, threads: int) -> tuple[Trained | None, History, dict[str, list]]:
    """What `state_of` was given; its network uses so many threads, 0 for what there is. Raises FileError for no weight file."""
    history = History([Epoch(**row) for row in state["epochs"]], **state["history"])
    if "file" not in state:
        return None, history, state["trace"]
    from tmvalite.models.file import trained_of
    from tmvalite.models.replica_set import ReplicaSet

    file = read_weights(XmlText(state["file"]), method_types=tuple(FORMS))
    model = trained_of(file, FORMS[file.method_type], analysis_type)
    model.network.parameters.restore(state["numbers"])
    model.network.threads = threads or model.network.threads
    replicas = None if state["replicas"] is None else ReplicaSet(*state["replicas"])
    return dataclasses.replace(model, flat=state["flat"], replicas=replicas), history, state["trace"]
