"""What a key of TrainingStrategy that nobody knows was probably meant to be."""

from __future__ import annotations

import re

from tmvalite.errors import did_you_mean, nearest
from tmvalite.string_utils.training_keys import KEY_NAMES, KEYS, WITHOUT_EFFECT, find_key

OPTION = "TrainingStrategy"
_WHOLE = re.compile(r"[+-]?[0-9]+")
_FRACTION = re.compile(r"[0-9]+(?:[eE][+-]?[0-9]+)?")
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+")

# Words of other programs, in lower case without '_', and the key that does the same here.
OTHER_NAMES = {
    "epochs": "MaxEpochs",
    "nepochs": "MaxEpochs",
    "numepochs": "MaxEpochs",
    "epoch": "MaxEpochs",
    "maxiter": "MaxEpochs",
    "ncycles": "MaxEpochs",
    "dropout": "DropConfig",
    "dropoutrate": "DropConfig",
    "drop": "DropConfig",
    "lr": "LearningRate",
    "eta": "LearningRate",
    "rate": "LearningRate",
    "stepsize": "LearningRate",
    "learningrateinit": "LearningRate",
    "batch": "BatchSize",
    "minibatch": "BatchSize",
    "minibatchsize": "BatchSize",
    "solver": "Optimizer",
    "minimizer": "Optimizer",
    "algorithm": "Optimizer",
    "patience": "ConvergenceSteps",
    "earlystopping": "ConvergenceSteps",
    "niternochange": "ConvergenceSteps",
    "tolerance": "ConvergenceSteps",
    "alpha": "WeightDecay",
    "lambda": "WeightDecay",
    "penalty": "Regularization",
    "regularizer": "Regularization",
    "schedule": "LearningRateSchedule",
    "scheduler": "LearningRateSchedule",
    "lrschedule": "LearningRateSchedule",
    "decay": "LearningRateDecay",
    "decayrate": "LearningRateDecay",
    "testrate": "TestRepetitions",
    "validationfrequency": "TestRepetitions",
}

# The same for options.
OTHER_OPTIONS = {
    "loss": "ErrorStrategy",
    "lossfunction": "ErrorStrategy",
    "criterion": "ErrorStrategy",
    "seed": "RandomSeed",
    "randomstate": "RandomSeed",
    "layers": "Layout",
    "network": "Layout",
    "hiddenlayersizes": "Layout",
    "inputshape": "InputLayout",
    "init": "WeightInitialization",
    "initialization": "WeightInitialization",
    "initializer": "WeightInitialization",
    "kernelinitializer": "WeightInitialization",
    "validation": "ValidationSize",
    "validationsplit": "ValidationSize",
    "validationfraction": "ValidationSize",
    "transform": "VarTransform",
    "preprocessing": "VarTransform",
    "normalise": "VarTransform",
    "normalize": "VarTransform",
    "device": "Architecture",
    "nthreads": "Threads",
    "njobs": "Threads",
    "dtype": "Precision",
    "verbose": "V",
    "beta": "KLWeight",
    "klbeta": "KLWeight",
    "verbosity": "VerbosityLevel",
    "ensemble": "Replicas",
    "ensembles": "Replicas",
    "nensemble": "Replicas",
    "nestimators": "Replicas",
    "bootstrap": "Replicas",
    "nreplicas": "Replicas",
}


def hint_for_option(text: str, options: tuple[str, ...], words: list[str]) -> str | None:
    """A hint for an option that is not known; `words` are values that may stand alone, such as CPU."""
    key = find_key(OTHER_NAMES.get(simplified(text), text))
    if key is not None and OPTION in options:
        return f"{key.name} belongs into {OPTION}: write {OPTION}={key.name}=...,..."
    other = OTHER_OPTIONS.get(simplified(text))
    return f"did you mean {other!r}?" if other in options else did_you_mean(text, (*options, *words))


def hint_for_argument(text: str, names: tuple[str, ...]) -> str | None:
    """A hint for an argument of a method that is not known, where options and keys of the training stand side by side."""
    word = simplified(text)
    key = find_key(OTHER_NAMES.get(word, word))
    known = key.name if key is not None else OTHER_OPTIONS.get(word)
    return f"did you mean {known!r}?" if known in names else did_you_mean(text, names)


def simplified(text: str) -> str:
    """A word as the tables of other programs' names have it."""
    return text.lower().replace("_", "").replace("-", "")


def hint_for_key(text: str, options: tuple[str, ...] = ()) -> str | None:
    """A hint for a key that is not known; `options` are the names of the options that may stand around the strategy."""
    known = OTHER_NAMES.get(simplified(text))
    if known is not None:
        return f"did you mean {known!r}?"
    by_name = {name.lower(): name for name in options}
    if text.lower() in by_name:
        name = by_name[text.lower()]
        return f"{name} is an option of its own: write ':' before it, and not ','"
    match = nearest(text, (*KEY_NAMES, *WITHOUT_EFFECT))
    if match is not None:
        return f"did you mean {match!r}?"
    match = nearest(text, options)
    return f"did you mean the option {match!r}? write ':' before it, and not ','" if match else None


def hint_for_entry(text: str, before: str) -> str:
    """A hint for an entry without '='; `before` is the key of the entry before it, "" if there is none."""
    if _NUMBER.fullmatch(text) and before == "DropConfig":
        return "join the probabilities by '+', as in DropConfig=0.0+0.5"
    for key in KEYS:
        if text in key.choices or text.upper() in key.choices:
            return f"write {key.name}={text.upper()}"
    starts = [name for name in KEY_NAMES if text.lower().startswith(name.lower())]
    if starts:
        name = max(starts, key=len)
        return f"write {name}={text[len(name) :].lstrip(' -:;~_.') or 'value'}"
    return "write key=value"


def decimal_comma(key: str, whole: str, fraction: str) -> tuple[str, str] | None:
    """The number, and how to write it, of which a decimal comma or one between thousands left `fraction` alone; else None."""
    known = find_key(key)
    if known is None or known.type not in (int, float) or not _WHOLE.fullmatch(whole) or not _FRACTION.fullmatch(fraction):
        return None
    mark = "" if known.type is int else "."
    return f"{whole},{fraction}", f"{known.name}={whole}{mark}{fraction}"
