"""MethodDNN: TMVA's predecessor of MethodDL, a chain of dense layers trained by steepest descent with momentum."""

from __future__ import annotations

from typing import ClassVar

from tmvalite.errors import OptionError
from tmvalite.graph import without_last_activation
from tmvalite.graph.expand import implied_kind
from tmvalite.io.weight_file import DNN_HEADER, LayerRecord
from tmvalite.layers.weight_file import element_of
from tmvalite.methods.base import Method
from tmvalite.methods.dl import DeepLearning, layout_option
from tmvalite.models import options
from tmvalite.models.form import FORMS, register
from tmvalite.models.options import read_option
from tmvalite.string_utils import DeclaredOption, OptionTable, parse_strategy, resolve_strategy
from tmvalite.string_utils.training_keys import FixedKeys

STRATEGY = (
    "LearningRate=1e-1,Momentum=0.3,Repetitions=3,ConvergenceSteps=50,BatchSize=30,TestRepetitions=7,WeightDecay=0.0,"
    "Renormalize=L2,DropConfig=0.0,DropRepetitions=5"
    "|LearningRate=1e-4,Momentum=0.3,Repetitions=3,ConvergenceSteps=50,BatchSize=20,TestRepetitions=7,WeightDecay=0.001,"
    "Renormalize=L2,DropConfig=0.0+0.5+0.5,DropRepetitions=5,Multithreading=True"
)
# An epoch counts as one without improvement unless it lowers the smallest validation error by this part.
LEAST_IMPROVEMENT = 0.001
KEYS = FixedKeys("MethodDNN", "SGD", unread=("MaxEpochs",), default=STRATEGY, least_improvement=LEAST_IMPROVEMENT)
# TMVA's MethodDNN calls by these names what MethodDL calls GAUSS and UNIFORM.
INITIALISATIONS = {"XAVIER": "GAUSS", "XAVIERUNIFORM": "UNIFORM"}
EXTENSIONS = OptionTable(options.SEED) + options.EXTENSIONS


def _phases(source, span, diagnostics) -> tuple:
    return resolve_strategy(parse_strategy(source, span, diagnostics), diagnostics, fixed=KEYS)


@register
class DeepNetwork(DeepLearning):
    """TMVA's MethodDNN: dense layers only, no input shapes, and never an activation in the last layer."""

    name = "DNN"
    extensions: ClassVar[OptionTable] = EXTENSIONS
    table: ClassVar[OptionTable] = options.method_options(
        layout_option("SOFTSIGN|(N+100)*2,LINEAR"),
        *(options.VALIDATION, options.LOSS, options.INITIALIZATION, options.ARCHITECTURE),
        DeclaredOption("TrainingStrategy", str, STRATEGY, "phases of the training, separated by '|'"),
        inputs=OptionTable(),
        extensions=EXTENSIONS,
    )

    def phases(self, bound, diagnostics):
        return read_option(bound, "TrainingStrategy", _phases, diagnostics)

    def initialisation(self, values) -> str:
        return INITIALISATIONS.get(values.WeightInitialization, values.WeightInitialization)

    def complete(self, booking, blocks, diagnostics):
        graphs = {}
        for name, graph in blocks.items():
            _check_dense(graph)
            graphs[name] = without_last_activation(graph, diagnostics)
        return super().complete(booking, graphs, diagnostics)

    def weights(self, header, records):
        layers = [LayerRecord("Layer", {"ActivationFunction": r.attributes["ActivationFunction"]}, r.matrices) for r in records]
        known = header | {"Depth": len(layers)}
        return {name: known[name] for name in DNN_HEADER}, layers


def _check_dense(graph) -> None:
    """Raise OptionError at a layer that is not dense, or has an activation of ours: the file has no others."""
    dense = implied_kind().weight_element.name
    for node in graph.nodes:
        element = element_of(node.layer, *(value.shape for value in node.inputs))
        if element is None or element[0] != dense:
            written = "|".join([node.layer.kind, *node.layer.to_fields()])
            raise OptionError(
                f"MethodDNN has dense layers with TMVA's activations only, not {written}",
                code="dnn-layer",
                source=graph.source,
                span=node.span,
                where=node.place,
                hint="book MethodDL (Types.kDL), which has all layers",
            )


class MethodDNN(Method):
    """TMVA's MethodDNN, deprecated in ROOT since 6.22: MethodDL has all it has, and more.

    It trains by SGD with `Momentum` (other optimizers are keys that it does not read), starts from normal or uniform numbers of
    width sqrt(2/inputs), and stops when ConvergenceSteps epochs lowered the validation error by less than 0.1 %.

    Parameters
    ----------
    options : str
        TMVA's option string; `tmvalite check --method DNN "..."` says what it means.
    analysis_type, title, norm, progress, verbose, **keywords
        As for MethodDL.

    Examples
    --------
    >>> method = MethodDNN("Layout=TANH|8,LINEAR:TrainingStrategy=LearningRate=1e-1,ConvergenceSteps=5,TestRepetitions=1")
    >>> method.phases[0].optimizer
    'SGD'
    """

    form = FORMS["DNN"]
