"""What a weight file says, as plain records: nothing here knows XML, a layer or a method.

A TMVA file fills `header` and `network`; a network that ROOT cannot run stands in `extension` instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tmvalite.data.info import VariableInfo
from tmvalite.data.transforms.base import PdfRecord, TransformRecord
from tmvalite.data.transforms.selection import SelectionRecord

__all__ = [
    "DL_HEADER",
    "DNN_HEADER",
    "BlockRecord",
    "FoldsRecord",
    "LayerRecord",
    "NetworkRecord",
    "NodeRecord",
    "OptionRecord",
    "OutputRecord",
    "PartRecord",
    "PdfRecord",
    "ReplicaRecord",
    "ReplicasRecord",
    "SelectionRecord",
    "TransformRecord",
    "VariableInfo",
    "WeightFile",
]

# TMVA's order of the attributes of <Weights>; one-letter codes are str, WeightDecay is float, the others are int.
DL_HEADER = (
    "NetDepth",
    "InputDepth",
    "InputHeight",
    "InputWidth",
    "BatchSize",
    "BatchDepth",
    "BatchHeight",
    "BatchWidth",
    "LossFunction",
    "Initialization",
    "Regularization",
    "OutputFunction",
    "WeightDecay",
)
DNN_HEADER = ("InputWidth", "Depth", "LossFunction", "OutputFunction")


class OptionRecord(NamedTuple):
    """One booking option as the file states it; `modified` is whether the user set it. `size` counts an array option."""

    name: str
    text: str
    modified: bool
    size: int | None = None


@dataclass(eq=False)
class LayerRecord:
    """One layer element of <Weights>.

    element : str
        "DenseLayer", "ConvLayer", ...; "Layer" in a MethodDNN file.
    attributes : dict of str to int, float or bool
        In file order. Booleans are read as int.
    matrices : list of (name, 2-D array)
        In file order; float32, or float64 if the file carries more digits than single precision has.
    """

    element: str
    attributes: dict[str, int | float | bool]
    matrices: list[tuple[str, np.ndarray]] = field(default_factory=list)


@dataclass(eq=False)
class NodeRecord:
    """One layer of our <Network> extension.

    name : str
        Unique in its block.
    fields : str
        The layer as one writes it in a layout, without name and sources: "CONV|16|3|3|1|1|1|1|RELU".
    sources : tuple of str
        Inputs of the block or earlier layers, in the order read.
    shape : tuple of int
        Of one event's output.
    parameters : list of (name, 2-D array)
        In TMVA's orientation (rows, columns).
    index : int
        Number of the item as written.
    """

    name: str
    fields: str
    sources: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: list[tuple[str, np.ndarray]] = field(default_factory=list)
    index: int = 0


class OutputRecord(NamedTuple):
    """An output of a block: the layer it reads, its loss ("" is the booked ErrorStrategy) and its weight in the total loss."""

    source: str
    loss: str = ""
    weight: float = 1.0


@dataclass(eq=False)
class BlockRecord:
    """One graph of the extension: MethodDL has one with name "", an autoencoder "Encoder" and "Decoder".

    inputs : list of (name, shape)
        In the order in which they are cut from what the block reads.
    """

    name: str
    inputs: list[tuple[str, tuple[int, ...]]]
    nodes: list[NodeRecord]
    outputs: list[OutputRecord]


class ReplicaRecord(NamedTuple):
    """One of several trainings of a network.

    loss : its smallest validation error; None where there is none
    numbers : (K,) all parameters, matrix after matrix as the blocks have them, row by row; none for the first replica
    """

    seed: int
    epochs: int
    loss: float | None
    numbers: np.ndarray


class ReplicasRecord(NamedTuple):
    """Several trainings of the blocks of a network: "seeds", "bootstrap" or "folds"."""

    kind: str
    replicas: list[ReplicaRecord]


@dataclass(eq=False)
class NetworkRecord:
    """Our <Network> element.

    blocks : list of BlockRecord
    precision : str
        "float32" or "float64", of all parameters.
    settings : dict of str
        What else a method needs, as text by name.
    replicas : ReplicasRecord or None
        Further trainings of the same blocks.
    """

    blocks: list[BlockRecord]
    precision: str = "float32"
    settings: dict[str, str] = field(default_factory=dict)
    replicas: ReplicasRecord | None = None


@dataclass(frozen=True)
class FoldsRecord:
    """The <Weights> of a cross-validation: which files stand beside this one, `<job>_<title>_fold<i>.weights.xml`, i from 1.

    split : str
        SplitExpr; empty where folds are drawn.
    method_type : str
        Of the folds, "DL".
    ensembling : str
        OutputEnsembling, "None" or "Avg".
    """

    job: str
    title: str
    method_type: str
    n_folds: int
    split: str = ""
    ensembling: str = "None"


class PartRecord(NamedTuple):
    """A category of a MethodCategory: the cut, the labels of its variables joined by ':' ("" for all), and its method."""

    cut: str
    variables: str
    file: WeightFile


@dataclass(eq=False)
class WeightFile:
    """A whole weight file.

    method_type, title : str
        The two parts of Method="DL::title".
    info : dict of str
        GeneralInfo entries in file order ("TMVA Release", ..., "AnalysisType"), values as text.
    options : list of OptionRecord
    variables, spectators, targets : list of VariableInfo
    classes : list of str
    transforms : list of TransformRecord
        In the order applied; inputs and outputs as selected, and what the transformation's `find` gives as parameters.
    pdfs : list of PdfRecord
        MVAPdfs: none, or signal and background.
    header : dict
        Attributes of <Weights>, see DL_HEADER and DNN_HEADER.
    network : list of LayerRecord
        Layers of <Weights>, in network order.
    extension : NetworkRecord or None
        Our <Network>; then `header` and `network` are empty.
    folds : FoldsRecord or None
        Of a cross-validation, which has nothing of these three.
    parts : list of PartRecord
        The categories of a MethodCategory, which has neither header nor network.
    """

    method_type: str
    title: str
    info: dict[str, str] = field(default_factory=dict)
    options: list[OptionRecord] = field(default_factory=list)
    variables: list[VariableInfo] = field(default_factory=list)
    spectators: list[VariableInfo] = field(default_factory=list)
    targets: list[VariableInfo] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    transforms: list[TransformRecord] = field(default_factory=list)
    pdfs: list[PdfRecord] = field(default_factory=list)
    header: dict[str, int | float | str] = field(default_factory=dict)
    network: list[LayerRecord] = field(default_factory=list)
    extension: NetworkRecord | None = None
    folds: FoldsRecord | None = None
    parts: list[PartRecord] = field(default_factory=list)

    @property
    def analysis_type(self) -> str:
        """ "Classification", "Multiclass" or "Regression", as the file states it; "" if it does not."""
        return self.info.get("AnalysisType", "")

    @property
    def dtype(self) -> type:
        """float64 if any parameter has this type, otherwise float32."""
        arrays = [a for layer in self.network for _, a in layer.matrices]
        if self.extension:
            arrays += [a for block in self.extension.blocks for node in block.nodes for _, a in node.parameters]
        return np.float64 if any(a.dtype == np.float64 for a in arrays) else np.float32

    def option(self, name: str, default: str | None = None) -> str | None:
        """Text of an option, or the default if the file does not have it."""
        return next((o.text for o in self.options if o.name == name), default)
