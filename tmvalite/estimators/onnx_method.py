"""What `from_onnx` gives: a file that `to_onnx` wrote, scored by onnxruntime. It cannot be trained or saved."""

from __future__ import annotations

import os

import numpy as np

from tmvalite.data.info import DataSetInfo, VariableInfo
from tmvalite.data.tables import scored_events
from tmvalite.errors import FileError, OptionError
from tmvalite.estimators.getters import Getters
from tmvalite.io.onnx_file import OnnxSession, read_onnx
from tmvalite.models.onnx_export import CODE, MULTICLASS, MVA, RECONSTRUCTION, TARGETS, cut


class OnnxMethod(Getters):
    """The values of an ONNX file under the names that methods have. Made by `from_onnx`.

    Attributes
    ----------
    title, analysis_type, target, part : str
        As they were when the file was written.
    info : DataSetInfo
        Its variables, targets and classes.
    """

    def __init__(self, facts: dict, session: OnnxSession):
        self._session = session
        self.title, self.analysis_type, self.target, self.part = (
            str(facts.get(name, "")) for name in ("title", "analysis_type", "target", "part")
        )
        variables, targets = (tuple(VariableInfo(**one) for one in facts[name]) for name in ("variables", "targets"))
        self.info = DataSetInfo(variables, targets, (), tuple(facts["classes"]))
        self._inputs = tuple(session.inputs.items())

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every output of the file."""
        return dict(self._session.outputs)

    def mva_values(self, X):
        """The value of every event, (N,), or a float for one event, as `Method.mva_values`."""
        if MVA not in self.outputs and MULTICLASS not in self.outputs:
            values = self._values(TARGETS, X)
        else:
            values = self._values(MVA if MVA in self.outputs else MULTICLASS, X)
        return values[..., 0] if values.ndim > 1 else float(values[0])

    def regression_values(self, X) -> np.ndarray:
        """All targets in their original units, (N, T), or (T,) for one event; of an autoencoder the reconstruction."""
        return self._values(RECONSTRUCTION if RECONSTRUCTION in self.outputs else TARGETS, X)

    def multiclass_values(self, X) -> np.ndarray:
        """The values of all classes in declared order, (N, C), or (C,) for one event."""
        return self._values(MULTICLASS, X)

    def encode(self, X) -> np.ndarray:
        """The codes of events, (N, Q), or (Q,) for one event."""
        return self._values(CODE, X)

    def decode(self, Z) -> np.ndarray:
        """The events that codes (N, Q) stand for, or (V,) for one code; of a file of the Decoder alone."""
        if CODE not in self._session.inputs:
            hint = "method.to_onnx(path, part='Decoder') writes what decodes"
            raise OptionError("this ONNX file reads events, not codes", code="block-missing", hint=hint)
        return self._values(RECONSTRUCTION, Z, codes=True)

    def _values(self, name: str, X, *, codes: bool = False) -> np.ndarray:
        if name not in self.outputs or (CODE in self._session.inputs) != codes:
            raise OptionError(f"this ONNX file has no {name} of events", code="analysis-type", expected=tuple(self.outputs))
        read = tuple(VariableInfo(f"z{i}") for i in range(self._session.inputs[CODE][0])) if codes else self.info.variables
        x, single = scored_events(X, read, np.dtype("float32"))
        values = self._session.run(cut(x, self._inputs))[name]
        values[~np.isfinite(x).all(axis=1)] = np.nan  # as every method has it
        return values[0] if single else values


def from_onnx(path: str | os.PathLike) -> OnnxMethod:
    """What an ONNX file holds that `to_onnx` wrote, run by onnxruntime.

    Raises
    ------
    FileError
        The file cannot be read, is damaged, or tmvalite did not write it; the message names it.
    MissingExtraError
        The extra `onnx` is not installed.
    """
    facts, session = read_onnx(path)
    name = os.fspath(path)
    try:
        method = OnnxMethod(facts, session)
    except (TypeError, ValueError, AttributeError) as error:
        raise FileError(f"the metadata of '{name}' cannot be understood", code="onnx-foreign") from error
    sizes = sum(int(np.prod(shape, dtype=np.int64)) for shape in session.inputs.values())
    if CODE not in session.inputs and sizes != len(method.info.variables):
        message = f"'{name}' reads {sizes} values and names {len(method.info.variables)} variables"
        generator = "generated" in session.outputs
        hint = "from_onnx scores events; the Generator of a GAN alone makes them, in onnxruntime" if generator else None
        raise FileError(message, code="onnx-foreign", hint=hint)
    return method
