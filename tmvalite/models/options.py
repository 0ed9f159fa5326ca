"""The options that methods have in common: names, defaults, allowed values; each method's form has its own table.

The order of a table is TMVA's order of declaration, which is that of the weight file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tmvalite.constants import PRECISIONS
from tmvalite.errors import Diagnostics, Source, Span
from tmvalite.losses import LOSSES
from tmvalite.models.density_options import DENSITY_OPTIONS
from tmvalite.string_utils import DEFAULT_STRATEGY, BoundOptions, DeclaredOption, OptionTable
from tmvalite.training.initialisation import METHODS as INITIALISATIONS

ARCHITECTURES = ("STANDARD", "CPU", "GPU", "OPENCL", "CUDNN")
LEVELS = ("Default", "Debug", "Verbose", "Info", "Warning", "Error", "Fatal")

BASE_OPTIONS = OptionTable(
    DeclaredOption("V", bool, False, "verbose output"),
    DeclaredOption("VerbosityLevel", str, "Default", "verbosity level", choices=LEVELS),
    DeclaredOption("VarTransform", str, "None", "transformations of the variables, such as N or G_Signal(_V_)+D"),
    DeclaredOption("H", bool, False, "print help of the method"),
    DeclaredOption("CreateMVAPdfs", bool, False, "describe the output by densities of signal and background"),
    DeclaredOption("IgnoreNegWeightsInTraining", bool, False, "events with negative weights do not train"),
    opened={"CreateMVAPdfs": DENSITY_OPTIONS},
)

INPUT = OptionTable(
    DeclaredOption("InputLayout", str, "0|0|0", "shape of one event: channels|rows|columns, steps|width or name=shape,..."),
    DeclaredOption("BatchLayout", str, "0|0|0", "shape of one batch; follows from InputLayout and BatchSize"),
)
LOSS = DeclaredOption(
    "ErrorStrategy", str, "CROSSENTROPY", "loss function", choices=tuple(name for name, loss in LOSSES.items() if loss.uses)
)
INITIALIZATION = DeclaredOption(
    "WeightInitialization", str, "XAVIER", "distribution of the first weights", choices=INITIALISATIONS
)
SEED = DeclaredOption("RandomSeed", int, 0, "seed of all random numbers of the training; 0: another one each time", minimum=0)
VALIDATION = DeclaredOption("ValidationSize", str, "20%", "part of the training events that validates: 20%, 0.2 or 100")
ARCHITECTURE = DeclaredOption("Architecture", str, "CPU", "device; everything runs on the CPU", choices=ARCHITECTURES)
STRATEGY = DeclaredOption("TrainingStrategy", str, DEFAULT_STRATEGY, "phases of the training, separated by '|'")
REPLICAS = DeclaredOption(
    "Replicas", str, "1", "so many trainings, whose mean is the answer: 100, 100|bootstrap, 100|seeds or 10|folds"
)
SPECTRAL_NORM = DeclaredOption(
    "SpectralNorm", str, "NONE", "whose weight matrices have the largest singular value 1", choices=("NONE", "DISCRIMINATOR")
)
OF_THE_RUN = ("Checkpoint", "CheckpointEvery")  # say nothing of the method, and stand in no weight file
EXTENSIONS = OptionTable(
    DeclaredOption("Precision", str, "float32", "numbers of the whole network", choices=PRECISIONS),
    DeclaredOption("Threads", int, 0, "threads; 0: as many as there are cores", minimum=0),
    DeclaredOption("Shares", int, 0, "parts into which workers cut a batch, a power of two; 0: as it pays", minimum=0),
    DeclaredOption("Checkpoint", str, "", "file that keeps where the training is, so that it can go on from there"),
    DeclaredOption(
        "CheckpointEvery", str, "auto", "how often that is: so many epochs, s, min or h; auto: seldom enough", blanks=True
    ),
    DeclaredOption(
        "EMA",
        float,
        0.0,
        "decay of the average of the parameters that is judged and used in the end; 0: the last ones",
        minimum=0,
    ),
)


def read_option(bound: BoundOptions, name: str, parse: Callable, diagnostics: Diagnostics) -> Any:
    """What `parse(source, span, diagnostics)` makes of an option's value; of a default it is made once."""
    return parse(*bound.place(name), diagnostics) if bound.is_set(name) else _of_default(parse, *bound.place(name))


@lru_cache(maxsize=256)
def _of_default(parse: Callable, source: Source, span: Span) -> Any:
    return parse(source, span, Diagnostics(source))


def remark_ignored(bound: BoundOptions, analysis_type: str, diagnostics: Diagnostics) -> None:
    """Say which options are set and do nothing: a device other than the CPU (the network is the same), densities of targets."""
    values, source, spans = bound.values, bound.source, bound.spans
    if values.CreateMVAPdfs and analysis_type != "classification":
        message = f"CreateMVAPdfs is ignored: a {analysis_type} analysis has no output of signal and background"
        diagnostics.warn(message, code="pdfs", source=source, span=spans["CreateMVAPdfs"], hint="remove it")
    if values.Architecture != "CPU":
        message = f"Architecture={values.Architecture} is not available; everything runs on the CPU"
        diagnostics.warn(message, code="architecture", source=source, span=spans["Architecture"], hint="write Architecture=CPU")


def method_options(*options: DeclaredOption, inputs: OptionTable = INPUT, extensions: OptionTable = EXTENSIONS) -> OptionTable:
    """The table of a method: what all have, its inputs, its own options, and what is not TMVA's."""
    return BASE_OPTIONS + inputs + OptionTable(*options) + extensions
