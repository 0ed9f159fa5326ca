"""The options of the methods: names, defaults, allowed values, in TMVA's order of declaration.

That order is the order of the weight file. `FILE_OPTIONS` of a method are the names TMVA knows: only those may be
written into a file that ROOT reads, because ROOT refuses any other.
"""

from __future__ import annotations

from tmvalite.errors import Diagnostics
from tmvalite.string_utils import DEFAULT_STRATEGY, BoundOptions, DeclaredOption, OptionTable

LOSSES = ("CROSSENTROPY", "SUMOFSQUARES", "MUTUALEXCLUSIVE")
INITIALIZATIONS = (
    "XAVIER",
    "XAVIERUNIFORM",
    "GAUSS",
    "UNIFORM",
    "IDENTITY",
    "ZERO",
    "GLOROT",
    "HE",
    "GLOROTUNIFORM",
    "HEUNIFORM",
    "TORCH",
)  # the last five are ours
ARCHITECTURES = ("STANDARD", "CPU", "GPU", "OPENCL", "CUDNN")
PRECISIONS = ("float32", "float64")
LEVELS = ("Default", "Debug", "Verbose", "Info", "Warning", "Error", "Fatal")

BASE_OPTIONS = OptionTable(
    DeclaredOption("V", bool, False, "verbose output"),
    DeclaredOption("VerbosityLevel", str, "Default", "verbosity level", choices=LEVELS),
    DeclaredOption("VarTransform", str, "None", "transformations of the variables, such as N or G_Signal(_V_)+D"),
    DeclaredOption("H", bool, False, "print help of the method"),
    DeclaredOption("CreateMVAPdfs", bool, False, "describe the output by densities of signal and background"),
    DeclaredOption("IgnoreNegWeightsInTraining", bool, False, "events with negative weights do not train"),
)

_INPUT = OptionTable(
    DeclaredOption("InputLayout", str, "0|0|0", "shape of one event: channels|rows|columns, steps|width or name=shape,..."),
    DeclaredOption("BatchLayout", str, "0|0|0", "shape of one batch; follows from InputLayout and BatchSize"),
)
_LAYOUT = DeclaredOption("Layout", str, "DENSE|(N+100)*2|SOFTSIGN,DENSE|0|LINEAR", "the layers of the network")
_LOSS = DeclaredOption("ErrorStrategy", str, "CROSSENTROPY", "loss function", choices=LOSSES)
_INITIALIZATION = DeclaredOption(
    "WeightInitialization", str, "XAVIER", "distribution of the first weights", choices=INITIALIZATIONS
)
_SEED = DeclaredOption("RandomSeed", int, 0, "seed of all random numbers of the training; 0: another one each time", minimum=0)
_VALIDATION = DeclaredOption("ValidationSize", str, "20%", "part of the training events that validates: 20%, 0.2 or 100")
_ARCHITECTURE = DeclaredOption("Architecture", str, "CPU", "device; everything runs on the CPU", choices=ARCHITECTURES)


def _training(default: str) -> DeclaredOption:
    return DeclaredOption("TrainingStrategy", str, default, "phases of the training, separated by '|'")


EXTENSIONS = OptionTable(
    DeclaredOption("Precision", str, "float32", "numbers of the whole network", choices=PRECISIONS),
    DeclaredOption("Threads", int, 0, "threads; 0: as many as there are cores", minimum=0),
)

DL_OPTIONS = (
    BASE_OPTIONS
    + _INPUT
    + OptionTable(_LAYOUT, _LOSS, _INITIALIZATION, _SEED, _VALIDATION, _ARCHITECTURE, _training(DEFAULT_STRATEGY))
    + EXTENSIONS
)

# MethodDL's predecessor: no input shapes and no seed.
DNN_OPTIONS = (
    BASE_OPTIONS
    + OptionTable(
        DeclaredOption("Layout", str, "SOFTSIGN|(N+100)*2,LINEAR", "the layers of the network"),
        _VALIDATION,
        _LOSS,
        _INITIALIZATION,
        _ARCHITECTURE,
        _training(DEFAULT_STRATEGY),
    )
    + EXTENSIONS
)

# What an autoencoder can be beside plain; none of it is TMVA's.
AE_EXTENSIONS = EXTENSIONS + OptionTable(
    DeclaredOption(
        "LatentLoss",
        str,
        "AUTO",
        "what the code is trained for; AUTO: KL behind LATENT or GUMBEL, else NONE",
        choices=("AUTO", "KL", "MMD", "SWD", "ADV", "NONE"),
    ),
    DeclaredOption("KLWeight", float, 1.0, "weight of the latent loss; 1 makes KL the evidence lower bound", minimum=0),
    DeclaredOption(
        "KLAnnealing",
        int,
        -1,
        "epochs over which that weight grows from 0; -1: 10, at most a quarter of MaxEpochs, "
        "if the width of a Gaussian decoder is estimated, else none",
        minimum=-1,
    ),
    DeclaredOption("Prior", str, "GAUSS|0|1", "distribution of the code: GAUSS|mean|sigma or UNIFORM|low|high"),
    DeclaredOption("Projections", int, 50, "directions in which SWD compares code and prior", minimum=1),
    DeclaredOption(
        "Sparsity",
        str,
        "NONE",
        "penalty on the code: its size, or the divergence of its mean from Rho",
        choices=("NONE", "L1", "KL"),
    ),
    DeclaredOption("SparsityWeight", float, 1e-3, "weight of that penalty", minimum=0),
    DeclaredOption("Rho", float, 0.05, "mean activation that Sparsity=KL asks for", minimum=0),
    DeclaredOption("HeadWeight", float, 1.0, "weight of the loss of Head={..}", minimum=0),
    DeclaredOption("DecoderSigma", float, 0.0, "width of a Gaussian decoder; 0: estimated with KL, else 1", minimum=0),
    DeclaredOption("TemperatureRate", float, 0.0, "GUMBEL: tau falls as exp(-rate * steps)", minimum=0),
    DeclaredOption("TemperatureMinimum", float, 0.5, "GUMBEL: the smallest tau", minimum=0),
    DeclaredOption(
        "Pretrain", str, "NONE", "train the dense layers of the encoder one by one before the whole", choices=("NONE", "GREEDY")
    ),
    DeclaredOption("PretrainEpochs", int, 20, "epochs for each layer", minimum=1),
    DeclaredOption(
        "PretrainCorruption", float, 0.3, "probability to mask a value that a layer reads in its pre-training", minimum=0
    ),
)

AE_OPTIONS = (
    BASE_OPTIONS
    + _INPUT
    + OptionTable(
        DeclaredOption(
            "Layout", str, "Encoder={DENSE|(N+100)*2|SOFTSIGN}Decoder={DENSE|0|LINEAR}", "the layers of encoder and decoder"
        ),
        DeclaredOption("ErrorStrategy", str, "SUMOFSQUARES", "loss of the reconstruction", choices=LOSSES),
        _INITIALIZATION,
        _SEED,
        _VALIDATION,
        _ARCHITECTURE,
        _training(DEFAULT_STRATEGY),
    )
    + AE_EXTENSIONS
)

GAN_OPTIONS = (
    BASE_OPTIONS
    + OptionTable(
        DeclaredOption("InputLayout", str, "0|0|0##0|0|0", "shape of the noise ## shape of one event"),
        DeclaredOption("BatchLayout", str, "0|0|0##0|0|0", "shapes of the batches; they follow from InputLayout"),
        DeclaredOption(
            "Layout",
            str,
            "DENSE|(N+100)*2|SOFTSIGN,DENSE|N|LINEAR##DENSE|(N+100)*2|SOFTSIGN,DENSE|1|LINEAR",
            "the layers of generator ## discriminator",
        ),
        _LOSS,
        _INITIALIZATION,
        _SEED,
        _ARCHITECTURE,
        _training(DEFAULT_STRATEGY),
    )
    + EXTENSIONS
)

TABLES = {"DL": DL_OPTIONS, "DNN": DNN_OPTIONS, "AE": AE_OPTIONS, "GAN": GAN_OPTIONS}


def file_options(bound: BoundOptions) -> list[tuple[str, str, bool]]:
    """Name, text and "modified" of the options that a weight file of TMVA holds, in its order."""
    return [entry for entry in bound.items() if entry[0] not in AE_EXTENSIONS]


def remark_ignored(bound: BoundOptions, diagnostics: Diagnostics) -> None:
    """Say which options are set and do nothing: a device other than the CPU (the network is the same), densities."""
    if bound.values.CreateMVAPdfs:
        diagnostics.warn(
            "CreateMVAPdfs is ignored: densities of the output are not available yet",
            code="pdfs",
            source=bound.source,
            span=bound.spans["CreateMVAPdfs"],
            hint="remove it; Reader.GetProba gives -1 and GetRarity 0, as without it",
        )
    if bound.values.Architecture != "CPU":
        diagnostics.warn(
            f"Architecture={bound.values.Architecture} is not available; everything runs on the CPU",
            code="architecture",
            source=bound.source,
            span=bound.spans["Architecture"],
            hint="write Architecture=CPU",
        )
