import pytest

from tests.string_utils.tools import METHOD_DL, codes, error, message, published, read, warning
from tmvalite.errors import Diagnostics, OptionError
from tmvalite.optimizers import OPTIMIZERS
from tmvalite.string_utils import PhaseSettings, parse_strategy, resolve_strategy
from tmvalite.string_utils.training_keys import KEYS

PREFIX = "  TrainingStrategy="
IN = "  in TrainingStrategy, phase 1"
WRITTEN = "LearningRate=1,TestRepetitions=1,"  # without them a warning names their defaults


def resolve(source, span, diagnostics):
    return resolve_strategy(parse_strategy(source, span, diagnostics), diagnostics)


def phase(text):
    (only,) = read(resolve, text)[0]
    return only


def mark(at, length=1):
    return " " * (len(PREFIX) + at) + "^" + "~" * (length - 1)


def test_absent_keys_have_the_defaults_of_tmva():
    settings = phase("MaxEpochs=20")
    assert settings == PhaseSettings(max_epochs=20)
    assert (settings.learning_rate, settings.momentum, settings.batch_size) == (1e-5, 0.3, 30)
    assert (settings.convergence_steps, settings.test_repetitions, settings.optimizer) == (100, 7, "ADAM")
    assert (settings.beta1, settings.beta2, settings.epsilon, settings.rho) == (0.9, 0.999, 1e-7, 0.0)


def test_keys_are_found_in_any_case():
    assert phase("learningrate=0.1,BATCHSIZE=7").learning_rate == 0.1


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        ("SGD", (0.0, 0.0, 0.0, 0.0)),
        ("ADAM", (0.9, 0.999, 1e-7, 0.0)),
        ("ADAGRAD", (0.0, 0.0, 1e-8, 0.0)),
        ("RMSPROP", (0.0, 0.0, 1e-7, 0.9)),
        ("ADADELTA", (0.0, 0.0, 1e-8, 0.95)),
    ],
)
def test_each_optimizer_has_its_own_numbers(optimizer, expected):
    settings = phase(f"Optimizer={optimizer}")
    assert (settings.beta1, settings.beta2, settings.epsilon, settings.rho) == expected


def test_numbers_of_an_optimizer_can_be_set():
    settings = phase("Optimizer=RMSPROP,RMSPROP_rho=0.5,rmsprop_EPS=1.E-3")
    assert (settings.rho, settings.epsilon) == (0.5, 1e-3)


def test_schedules():
    settings = phase(
        "LearningRate=1e-2,LearningRateSchedule=plateau,LearningRateFactor=0.5,LearningRatePatience=3,"
        "LearningRateMinimum=1e-6,LearningRateDecay=0.01"
    )
    assert settings.learning_rate_schedule == "PLATEAU"
    assert (settings.learning_rate_factor, settings.learning_rate_patience) == (0.5, 3)
    assert (settings.learning_rate_minimum, settings.learning_rate_decay) == (1e-6, 0.01)


def test_every_phase_is_resolved_alone():
    first, second = read(resolve, "BatchSize=10,MaxEpochs=3|BatchSize=20")[0]
    assert (first.batch_size, second.batch_size, second.max_epochs) == (10, 20, 2000)


@pytest.mark.parametrize(
    "text", ["Optimizer=Adam", "Regularization=None", "Regularization=NONE", "MaxEpochs=20.0", "MaxEpochs=1e2"]
)
def test_words_that_mean_what_tmva_makes_of_them_do_not_warn(text):
    assert codes(resolve, WRITTEN + text) == []


def test_the_first_of_two_values_counts():
    assert phase("DropConfig=0.5,DropConfig=0.1").drop_config == (0.5,)


def test_keys_without_effect_warn_once_each():
    text = "Repetitions=1, Multithreading=True|Repetitions=2,DropRepetitions=1,Renormalize=L2,multithreading=True"
    assert codes(resolve, text).count("key-without-effect") == 4


def test_the_span_of_a_setting_is_kept():
    strategy, _ = read(parse_strategy, "A=1,BatchSize=30", "TrainingStrategy")
    (settings,) = resolve_strategy(strategy, Diagnostics())
    span = settings.span("batchsize")
    assert strategy.source.text[span.start : span.stop] == "BatchSize=30"
    assert settings.span("MaxEpochs") == strategy.phases[0].span


def test_defaults_of_the_table_and_of_the_phase_agree():
    for key in KEYS:
        if key.optimizer in (None, "ADAM"):
            assert getattr(PhaseSettings(), key.field) == key.default, key.name
        assert not isinstance(key.default, int | float) or key.allows(key.default), key.name


def test_published_strategies_resolve_except_for_the_rate_without_digits():
    allowed = {"blank-in-value", "key-without-effect", "text-after-number", "empty-entry", "key-repeated", "option-repeated"}
    allowed |= {"hidden-default"}
    refused = []
    for text in published("dl", "dnn"):
        bound = METHOD_DL.bind(text)
        try:
            resolve(*bound.place("TrainingStrategy"), bound.diagnostics)
        except OptionError as problem:
            refused.append(problem.source.text[problem.span.start : problem.span.stop])
        assert {w.code for w in bound.diagnostics.warnings} <= allowed
    assert refused == ["e-3"]


WARNINGS = [
    (
        "MaxEpochs=10Optimizer=ADAM",
        "MaxEpochs is read up to 10, and 'Optimizer=ADAM' is ignored, as TMVA does; Optimizer keeps its default, ADAM",
        12,
        14,
        [IN, "  hint: write ',' before Optimizer"],
    ),
    (
        "DropConfig=0.0+0.1Regularization=L2",
        "DropConfig is read up to 0.1, and 'Regularization=L2' is ignored, as TMVA does; Regularization keeps its default, none",
        18,
        17,
        [IN, "  hint: write ',' before Regularization"],
    ),
    (
        "MaxEpochs=100WeightDecay=0,WeightDecay=0",
        "MaxEpochs is read up to 100, and 'WeightDecay=0' is ignored, as TMVA does; WeightDecay keeps its other value",
        13,
        13,
        [IN, "  hint: write ',' before WeightDecay"],
    ),
    ("BatchSize=2.5", "BatchSize is read up to 2, and '.5' is ignored, as TMVA does", 11, 2, [IN, "  hint: write BatchSize=2"]),
    (
        "LerningRate=1",
        "no key of TrainingStrategy is called 'LerningRate'; it is ignored, as TMVA does",
        0,
        11,
        [IN, "  hint: did you mean 'LearningRate'?"],
    ),
    (
        "BatchSize=1,BatchSize=2",
        "BatchSize is set twice in one phase; as in TMVA the first value counts: '1'",
        12,
        11,
        [IN, "  hint: remove one of them"],
    ),
    (
        "Optimizer=sgd",
        "Optimizer cannot be 'sgd'; as in TMVA, ADAM is taken",
        10,
        3,
        [IN, "  expected one of: " + ", ".join(OPTIMIZERS), "  hint: did you mean 'SGD'?"],
    ),
    (
        "Regularization=l2",
        "Regularization cannot be 'l2'; as in TMVA, no regularisation is taken",
        15,
        2,
        [IN, "  expected one of: NONE, L1, L2", "  hint: did you mean 'L2'?"],
    ),
    ("Repetitions=1", "Repetitions has no effect, in TMVA neither", 0, 13, [IN, "  hint: remove Repetitions"]),
    (
        "Optimizer=ADAGRAD,ADAM_beta1=0.5",
        "ADAM_beta1 has no effect: the optimizer is ADAGRAD",
        18,
        14,
        [IN, "  hint: remove it, or write Optimizer=ADAM"],
    ),
    (
        "LearningRateStep=5",
        "LearningRateStep has no effect: LearningRateSchedule is CONSTANT",
        0,
        18,
        [IN, "  hint: remove it, or write LearningRateSchedule=STEP"],
    ),
    (
        "LearningRateDecay=0.95",
        "LearningRateDecay=0.95 multiplies the learning rate by 0.05 after every epoch",
        0,
        22,
        [IN, "  hint: did you mean 0.05?"],
    ),
]


@pytest.mark.parametrize(("text", "first", "at", "length", "rest"), WARNINGS, ids=[w[0] for w in WARNINGS])
def test_error_texts_of_warnings_about_settings(text, first, at, length, rest, monkeypatch):
    monkeypatch.setattr("tmvalite.errors.WIDTH", 100)  # tests/test_errors.py is about lines that are cut
    expected = message(first, PREFIX + WRITTEN + text, mark(len(WRITTEN) + at, length), *rest)
    assert warning(resolve, WRITTEN + text, "TrainingStrategy") == expected


def not_a_number(text, name):
    return f"{text!r} is not a number; TMVA would read {name} as 0"


ERRORS = [
    ("LearningRate=abc", not_a_number("abc", "LearningRate"), 13, 3, [IN, "  expected a number"]),
    ("LearningRate=e-3", not_a_number("e-3", "LearningRate"), 13, 3, [IN, "  expected a number", "  hint: did you mean 1e-3?"]),
    ("LearningRate=nan", not_a_number("nan", "LearningRate"), 13, 3, [IN, "  expected a number"]),
    ("LearningRate=1e999", "LearningRate is too large: '1e999'", 13, 5, [IN, "  expected a number"]),
    ("LearningRate=", "LearningRate has no value", 13, 1, [IN, "  expected a number"]),
    ("LearningRate=-1", "LearningRate cannot be -1", 13, 2, [IN, "  expected a number, at least 0"]),
    ("BatchSize=0", "BatchSize cannot be 0", 10, 1, [IN, "  expected a whole number, at least 1"]),
    (
        "BatchSize=99999999999999999999",
        "BatchSize is too large: '99999999999999999999'",
        10,
        20,
        [IN, "  expected a whole number"],
    ),
    ("ADAM_beta2=1", "ADAM_beta2 cannot be 1", 11, 1, [IN, "  expected a number, at least 0, less than 1"]),
    ("ADAM_eps=0", "ADAM_eps cannot be 0", 9, 1, [IN, "  expected a number, more than 0"]),
    (
        "DropConfig=0.5+1",
        "probability 2 of DropConfig cannot be '1'",
        15,
        1,
        [IN, "  expected a probability: at least 0, less than 1"],
    ),
    (
        "LearningRateSchedule=cosin",
        "LearningRateSchedule cannot be 'cosin'",
        21,
        5,
        [IN, "  expected one of: CONSTANT, STEP, COSINE, PLATEAU", "  hint: did you mean 'COSINE'?"],
    ),
    ("LearningRateMinimum=1", "LearningRateMinimum cannot be larger than LearningRate", 0, 21, [IN, "  expected at most 1e-05"]),
]


@pytest.mark.parametrize(("text", "first", "at", "length", "rest"), ERRORS, ids=[e[0] for e in ERRORS])
def test_error_of_a_setting(text, first, at, length, rest):
    assert error(resolve, text, "TrainingStrategy") == message(first, PREFIX + text, mark(at, length), *rest)
