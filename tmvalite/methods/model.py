"""A trained network with what surrounds it: transformations, names, the meaning of its outputs. Events in, values out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.tables import scored_events
from tmvalite.data.transforms import TransformChain
from tmvalite.io.weight_file import OptionRecord


@dataclass(eq=False)
class Model:
    """What a training leaves behind, or a weight file holds.

    Attributes
    ----------
    network : Network
    chain : TransformChain
        Of the variables and targets; may be empty.
    info : DataSetInfo
    analysis_type : str
    labels : tuple
        What `predict` calls the classes, in the order of info.classes.
    class_width : int
        Number of outputs that belong to classes; the others are targets.
    flat : bool
        Whether `predict` gives the one target of a regression as (N,).
    facts : dict of str
        The GeneralInfo of the weight file.
    header : dict
        The attributes of <Weights>, for a network that ROOT can run.
    options : list of OptionRecord
        The booking options as a weight file states them.
    settings : dict of str
        What the <Network> extension states beside the layers.
    pdfs : list
        MVAPdfs of the weight file that was read.
    """

    network: object
    chain: TransformChain
    info: DataSetInfo
    analysis_type: str
    labels: tuple = ()
    class_width: int = 1
    flat: bool = True
    facts: dict[str, str] = field(default_factory=dict)
    header: dict = field(default_factory=dict)
    options: list[OptionRecord] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    pdfs: list = field(default_factory=list)

    def __post_init__(self):
        self.dtype, self.event_shape = self.network.dtype, (self.info.n_variables,)
        self.direct = not self.chain.transforms_variables  # the network takes the events as they are
        folded = None if self.direct or self.network.precision != "float32" else self.chain.as_scaling()
        if folded is not None:
            self.network.set_normalisation(*folded)
            self.direct = True
        # whether column 0 of the network's values is what `mva` gives
        self.fast = self.direct and not (self.analysis_type == "regression" and self.chain.transforms_targets)

    # --------------------------------------------------------------------------- events to values

    def values(self, X) -> tuple[np.ndarray, bool]:
        """The network's values (N, n_outputs), and whether X was a single event. Rows that are not finite give NaN."""
        x, single = self.events(X)
        if not self.direct:
            with np.errstate(over="ignore", invalid="ignore"):
                x = np.ascontiguousarray(self.chain.apply_variables(x), self.dtype)
        return self.network.values(x), single

    def mva(self, X):
        """Value 0 of every event, (N,), or a float for one event; of a regression: target 0 in its original units."""
        if self.analysis_type == "regression":
            values = self.targets(X)
            return values[..., 0] if values.ndim > 1 else float(values[0])
        values, single = self.values(X)
        return float(values[0, 0]) if single else values[:, 0]

    def targets(self, X) -> np.ndarray:
        """Targets in their original units, (N, T), or (T,) for one event."""
        values, single = self.values(X)
        values = values[:, self.class_width :]
        if self.chain.transforms_targets:
            values = np.asarray(self.chain.invert_targets(np.ascontiguousarray(values)), self.dtype)
        return values[0] if single else values

    def classes(self, X) -> np.ndarray:
        """Values of all classes in declared order, (N, C), or (C,) for one event."""
        values, single = self.values(X)
        values = values[:, : self.class_width]
        return values[0] if single else values

    # --------------------------------------------------------------------------- what users give

    def events(self, X) -> tuple[np.ndarray, bool]:
        """X as (N, V) in the network's precision, and whether it was one event (V,)."""
        return scored_events(X, self.info.variables, self.dtype)
