"""MethodGAN: what it trains and leaves alone, its strings, its values, its files."""

import copy
import json

import numpy as np
import pytest

from tests.methods.gan_samples import LAYOUT, booked, events, trained_pair
from tmvalite import DataLoader, Factory, MethodGAN, Reader, Types, load
from tmvalite.cli import main
from tmvalite.data.info import Events
from tmvalite.errors import DataError, OptionError, ShapeError, TmvaliteWarning
from tmvalite.models import gan_training
from tmvalite.models.booking import unnamed
from tmvalite.models.gan_training import GanRecord
from tmvalite.training.pulls import Batch

QUICK = "LearningRate=2e-3,Optimizer=ADAM,ADAM_beta1=0.5,BatchSize=20,MaxEpochs=3,ConvergenceSteps=3,TestRepetitions=1"
BASE = f"{LAYOUT}:RandomSeed=4:VarTransform=N:TrainingStrategy={QUICK}"
GIVEN = (
    "InputLayout=noise=3,energy=1##shower=2,energy=1:RandomSeed=4:VarTransform=N:"
    "Layout=Generator={DENSE|8|TANH@input,DENSE|2|LINEAR}Discriminator={CONCAT@shower+energy,DENSE|8|LEAKYRELU,DENSE|1|LINEAR}:"
    f"TrainingStrategy={QUICK}"
)


def real(n=100, seed=1):
    return np.random.default_rng(seed).normal([5.0, -2.0], [1.0, 0.5], (n, 2)).astype(np.float32)


def showers(n=100):
    rng = np.random.default_rng(2)
    energy = rng.uniform(1, 3, (n, 1))
    return np.concatenate([energy * rng.normal([1.0, 2.0], 0.1, (n, 2)), energy], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def method():
    return MethodGAN(f"InputLayout=3##2:{BASE}").fit(real(), progress="silent")


@pytest.fixture(scope="module")
def given():
    return MethodGAN(GIVEN).fit(showers(), progress="silent")


def blocks_changed(whole, before):
    found = set()
    for slot in whole.plan.slots:
        if not np.array_equal(slot.view(whole.parameters.flat), slot.view(before)):
            found.add(slot.node.partition(".")[0])
    return found


# ------------------------------------------------------------------------------------------- training

EVERY_KIND = ["", "GanLoss=WGAN:", "GanLoss=WGAN-GP:", "GanLoss=LSGAN:", "GanLoss=HINGE:SpectralNorm=DISCRIMINATOR:"]


@pytest.mark.parametrize("options", EVERY_KIND)
def test_a_turn_changes_its_own_network_and_no_bit_of_the_other(options):
    for kept, expected in ((0, "Discriminator"), (1, "Generator")):
        whole, learner, run = trained_pair(options)
        learner.turns[1 - kept].rate = 0.0
        before = whole.parameters.snapshot()
        run(*events())
        if "Spectral" in options and expected == "Generator":  # the matrices are normalised when the training begins
            continue
        assert blocks_changed(whole, before) == {expected}


def test_the_generator_learns_to_be_taken_for_real():
    whole, learner, run = trained_pair()
    learner.turns[0].rate = 0.0  # against a discriminator that stands still
    first, *_, last = (run(*events())[:, learner.term_names.index("generator")].mean() for _ in range(6))
    assert last < 0.8 * first
    inputs, labels = learner.anew(Batch(events()[0], events()[1], np.arange(4)))
    assert (labels == 1).all() and inputs.shape == (4, 3)


def test_all_events_of_every_class_are_real():
    _, learner, _ = trained_pair("LabelSmoothing=0.25:")
    x, weights, order = events()
    inputs, targets, by_event = learner.real_and_made(Batch(x, weights, order[:4]))
    assert np.array_equal(inputs[4:], x[order[:4]]) and targets[:, 0].tolist() == [0] * 4 + [0.75] * 4
    assert np.array_equal(by_event, [1, 1, 1, 1, *weights[order[:4]]])


def test_both_turns_see_the_generator_by_one_path():
    """What the discriminator reads is what the joined network passes on: raw values, no output function."""
    whole, learner, _ = trained_pair()
    batch = Batch(*events()[:2], np.arange(5))
    inputs, _ = learner.anew(batch)
    apart = learner.judge.outputs(learner.maker.events(inputs, batch.x))
    assert np.array_equal(apart, whole.outputs(inputs))


def test_steps_per_turn():
    for options, of_generator in (("DiscriminatorSteps=5:", 10), ("GeneratorSteps=3:", 150), ("", 50)):
        _, learner, run = trained_pair(options)
        counted = []
        learner.turns[1].after = lambda counted=counted: counted.append(1)
        parts = run(*events())
        assert len(counted) == of_generator and np.isfinite(parts).all()
        changes = np.count_nonzero(np.diff(parts[:, learner.term_names.index("generator")]))
        assert changes == min(of_generator, 50) - 1


def test_clipped_weights_stay_inside():
    whole, learner, run = trained_pair("GanLoss=WGAN:ClipWeights=0.02:")
    run(*events())
    for slot in whole.plan.slots:
        largest = np.abs(slot.view(whole.parameters.flat)).max()
        assert (largest <= np.float32(0.02)) == slot.node.startswith("Discriminator")


def test_spectral_normalisation_makes_the_largest_singular_value_1():
    whole, learner, run = trained_pair("SpectralNorm=DISCRIMINATOR:")
    run(*events())
    for slot in whole.plan.slots:
        if slot.name == "Weights":
            largest = np.linalg.svd(slot.view(whole.parameters.flat))[1][0]
            assert (abs(largest - 1) < 0.05) == slot.node.startswith("Discriminator")


def test_the_average_of_the_generator_is_what_is_kept():
    options = f"InputLayout=3##2:{BASE}"
    plain = MethodGAN(options).fit(real(), progress="silent")
    mean = MethodGAN(f"EMA=0.1:{options}").fit(real(), progress="silent")
    still = MethodGAN(f"EMA=0.999999:{options}").fit(real(), progress="silent")
    judges = [m.network.parameters.get("Discriminator.DENSE#1", "Weights") for m in (plain, mean, still)]
    assert np.array_equal(judges[0], judges[1]) and np.array_equal(judges[0], judges[2])
    slow, last, fast = (m.network.parameters.get("Generator.DENSE#1", "Weights") for m in (still, plain, mean))
    assert 0 < np.abs(fast - last).max() < 0.2 * np.abs(slow - last).max()


def test_instance_noise_falls_to_0():
    widths = []
    for epoch in (1, 3):
        booking, made = booked("InstanceNoise=0.5:")
        whole = made.network(precision="float32", threads=1)
        learner = booking.form.learner(booking, made, whole)
        GanRecord(learner, 4).begin_epoch(learner, epoch, 0)
        x, w, _ = events()
        inputs, _, _ = learner.real_and_made(Batch(x, w, np.arange(len(x))))
        widths.append(np.std(inputs[len(x) :] - x))
    assert np.allclose(widths, [0.5, 0.25], rtol=0.1)


def test_the_same_seed_gives_the_same_bits_and_every_loss_stands_in_the_history(method):
    again = MethodGAN(f"InputLayout=3##2:{BASE}").fit(real(), progress="silent")
    assert np.array_equal(again.network.parameters.flat, method.network.parameters.flat)
    history = method.history
    assert history["epoch"] == [1, 2, 3] and history["improved"] == [True] * 3
    for name in ("generator", "discriminator", "valid_generator", "valid_discriminator", "valid_accuracy"):
        assert np.isfinite(history[name]).all() and len(history[name]) == 3
    assert history["valid_loss"] == history["valid_generator"]
    slopes = MethodGAN(f"InputLayout=3##2:GanLoss=WGAN-GP:{BASE}").fit(real(), progress="silent").history
    assert np.isfinite(slopes["gradient_penalty"]).all() and slopes["penalty"] == [0.0] * 3 and "valid_accuracy" not in slopes


def test_the_end_of_a_training_says_that_the_last_epoch_is_kept(capsys):
    MethodGAN(f"InputLayout=3##2:{BASE}").fit(real(), progress="summary")
    assert capsys.readouterr().out.endswith("The weights of epoch 3 are kept: no loss says which epoch is best\n")


def test_weights_act_on_real_events_and_negative_ones_are_refused():
    x, options = real(), f"InputLayout=3##2:{BASE}"
    weights = np.ones(100)
    weights[0] = -0.5
    with pytest.raises(DataError, match="1 training event has a negative weight, which a GAN cannot learn from"):
        with pytest.warns(TmvaliteWarning, match="negative"):
            MethodGAN(options).fit(x, sample_weight=weights, eval_set=(x,), progress="silent")
    with pytest.warns(TmvaliteWarning, match="negative"):
        ignored = MethodGAN(f"IgnoreNegWeightsInTraining:{options}").fit(
            x, sample_weight=weights, eval_set=(x,), progress="silent"
        )
    weights[0] = 0.0
    zero = MethodGAN(options).fit(x, sample_weight=weights, eval_set=(x,), progress="silent")
    plain = MethodGAN(options).fit(x, eval_set=(x,), progress="silent")
    assert np.array_equal(ignored.network.parameters.flat, zero.network.parameters.flat)
    assert not np.array_equal(plain.network.parameters.flat, zero.network.parameters.flat)


def test_one_class_may_be_the_real_one():
    x, other = real(60), real(60, 5) + 100
    both, y = np.concatenate([x, other]), np.repeat(["Signal", "Background"], 60)
    options = f"InputLayout=3##2:{LAYOUT}:RandomSeed=4:TrainingStrategy={QUICK}"
    chosen = MethodGAN(f"RealClass=Signal:{options}").fit(both, y, eval_set=(both, y), progress="silent")
    alone = MethodGAN(options).fit(x, eval_set=(x,), progress="silent")
    assert np.array_equal(chosen.network.parameters.flat, alone.network.parameters.flat)
    assert chosen.history["valid_loss"] == alone.history["valid_loss"]
    with pytest.raises(OptionError, match="there is no class 'Sgnal' whose events could be the real ones"):
        MethodGAN(f"RealClass=Sgnal:{options}").fit(both, y, progress="silent")


# ------------------------------------------------------------------------------------------- values


def test_samples_belong_to_seed_and_number(method):
    made = method.sample(9, seed=3)
    assert made.shape == (9, 2) and made.dtype == np.float32
    assert np.array_equal(method.sample(4, seed=3), made[:4])
    assert not np.array_equal(method.sample(9, seed=4), made) and not np.array_equal(method.sample(9), method.sample(9))
    for wrong in ({"n": -1}, {"n": 2.5}, {"n": 3, "seed": -2}, {}):
        with pytest.raises(OptionError):
            method.sample(**wrong)


def test_values_of_one_event_have_the_bits_of_many(method):
    x = real(30, 8)
    values = method.GetMvaValues(x)
    assert np.array_equal(values, method.discriminate(x)) and ((values > 0) & (values < 1)).all()
    assert [method.GetMvaValue(row) for row in x] == values.tolist()
    assert np.array_equal(method.GetMulticlassValues(x), np.stack([values, 1 - values], axis=1))
    assert np.array_equal(method.GetRegressionValues(x), method.sample(30, seed=0))
    x[3, 1] = np.nan
    assert np.isnan(method.GetMvaValues(x)[3]) and np.isfinite(method.GetMvaValues(x)[4])


def test_a_critic_gives_no_probabilities():
    method = MethodGAN(f"InputLayout=3##2:GanLoss=HINGE:{BASE}").fit(real(), progress="silent")
    with pytest.raises(OptionError, match="gives no probabilities"):
        method.GetMulticlassValues(real())
    raw = method.network.part(method.form.part(method.graph, method._model.blocks, ("Discriminator",)), losses=("HINGE",))
    assert np.array_equal(method.GetMvaValues(real())[:3], raw.outputs(method._model.transformed(real())[0])[:3, 0])


def test_conditions_are_given_and_come_back(given):
    made = given.sample(5, seed=1, condition=2.0)
    assert made.shape == (5, 3) and (made[:, 2] == 2).all()
    by_event = given.sample(seed=1, condition=[[1.0], [2.0], [3.0]])
    assert by_event[:, 2].tolist() == [1, 2, 3] and np.array_equal(by_event[1, :2], made[1, :2])
    assert np.array_equal(given.sample(seed=1, condition=[1.0, 2.0, 3.0]), by_event)
    x = showers(7)
    assert np.array_equal(given.GetRegressionValues(x)[:, 2], x[:, 2])
    for wrong, what in (({"n": 3}, "needs conditions: var3"), ({"n": 3, "condition": [1.0, 2.0]}, r"shape \(2,\)")):
        with pytest.raises((OptionError, DataError), match=what):
            given.sample(**wrong)
    with pytest.raises(DataError, match="no numbers"):
        given.sample(2, condition="high")


def test_a_generator_without_conditions_takes_none(method):
    with pytest.raises(OptionError, match="has no conditions"):
        method.sample(3, condition=1.0)


def test_conditions_reach_both_networks():
    x = showers(40)
    booking, made = booked(inputs="noise=3,energy=1##shower=2,energy=1", layout=GIVEN.split(":")[3])
    whole = made.network(precision="float32", threads=1)
    whole.parameters.flat[:] = np.linspace(-1, 1, len(whole.parameters.flat))
    learner = booking.form.learner(booking, made, whole)
    inputs, _ = learner.anew(Batch(x, np.ones(40, np.float32), np.arange(40), seed=3))
    assert np.array_equal(inputs[:, 3], x[:, 2])
    faked = learner.maker.events(inputs, x)
    assert np.array_equal(faked[:, 2], x[:, 2]) and not np.array_equal(faked[:, :2], x[:, :2])
    assert np.array_equal(learner.judge.outputs(faked), whole.outputs(inputs))


@pytest.mark.parametrize(
    "options, code, message",
    [
        ("InputLayout=noise=3,energy=2##shower=2,energy=1", "conditions", "the condition 'energy' is 2 for the generator and 1"),
        ("InputLayout=energy=1##shower=2,energy=1", "conditions", "the generator reads conditions only, no noise"),
        ("InputLayout=noise=3,energy=1##shower=1,rest=1,energy=1", "conditions", "shower and rest are left for the generator"),
        ("VarTransform=D:InputLayout=noise=3,energy=1##shower=2,energy=1", "conditions", "a transformation that mixes"),
        ("InputLayout=3##3:Layout=Generator={DENSE|2|TANH}Discriminator={DENSE|1|LINEAR}", "output-width", "gives 2 values"),
        ("InputLayout=3##3:Layout=Generator={DENSE|3|TANH}Discriminator={DENSE|2|LINEAR}", "output-width", "says one thing"),
        ("Layout=Generator={DENSE|3}Encoder={DENSE|1}", "layout-blocks", "MethodGAN needs two networks"),
        (
            "InputLayout=3##2:Layout=Generator={LATENT|2}Discriminator={DENSE|1|LINEAR}",
            "layout-blocks",
            "the Generator cannot have KL",
        ),
        ("EMA=1.0", "range", "EMA cannot be 1"),
        ("LabelSmoothing=1.5", "range", "LabelSmoothing cannot be 1.5"),
        ("ErrorStrategy=MUTUALEXCLUSIVE", "loss-purpose", "MUTUALEXCLUSIVE cannot train"),
        (
            "GanLoss=WGAN-GP:InputLayout=3##1|4|4:Layout=Generator={DENSE|16|LINEAR}"
            "Discriminator={CONV|2|2|2|1|1|0|0|TANH,MAXPOOL|2|2,RESHAPE|FLAT,DENSE|1|LINEAR}",
            "penalty-layer",
            "and MAXPOOL has none here",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_place(options, code, message):
    layout = "" if "Layout=G" in options else f"{GIVEN.split(':')[3]}:" if "energy" in options else f"{LAYOUT}:"
    with pytest.raises((OptionError, ShapeError)) as caught:
        MethodGAN(f"{layout}{options}")
    assert caught.value.code == code and message in str(caught.value) and caught.value.span is not None


@pytest.mark.parametrize(
    "options, message",
    [
        ("ClipWeights=0.1", "ClipWeights has no effect: GanLoss is NONSATURATING"),
        ("PenaltyWeight=3:GanLoss=WGAN", "PenaltyWeight has no effect: GanLoss is WGAN"),
        ("LabelSmoothing=0.1:GanLoss=HINGE", "LabelSmoothing has no effect: HINGE has no labels"),
        ("ErrorStrategy=CROSSENTROPY:GanLoss=LSGAN", "ErrorStrategy has no effect: GanLoss is LSGAN"),
        (
            "TrainingStrategy=GeneratorBatchSize=10,DiscriminatorBatchSize=20,MaxEpochs=2,LearningRate=1e-3,TestRepetitions=1",
            "the generator has the BatchSize of the discriminator, 20",
        ),
        (
            "TrainingStrategy=DiscriminatorDropConfig=0.0+0.5,BatchSize=20,MaxEpochs=2,LearningRate=1e-3,TestRepetitions=1",
            "DropConfig is ignored in a GAN",
        ),
    ],
)
def test_what_has_no_effect_is_worth_a_warning(options, message):
    with pytest.warns(TmvaliteWarning, match=message):
        MethodGAN(f"InputLayout=3##2:{LAYOUT}:{options}")


def test_images_are_judged_as_images_and_made_as_vectors():
    x = np.random.default_rng(3).uniform(size=(60, 16)).astype(np.float32)
    layout = "Layout=Generator={DENSE|16|SIGMOID}Discriminator={CONV|2|3|3|1|1|1|1|LEAKYRELU,RESHAPE|FLAT,DENSE|1|LINEAR}"
    method = MethodGAN(f"InputLayout=4##1|4|4:{layout}:RandomSeed=1:TrainingStrategy={QUICK}").fit(x, progress="silent")
    assert method.sample(3, seed=1).shape == (3, 16)


OF_CLASS = (
    "InputLayout=noise=3,class=2##x=2:RandomSeed=4:VarTransform=N:"
    "Layout=Generator={DENSE|8|TANH@input,DENSE|2|LINEAR}Discriminator={CONCAT@x+class,DENSE|8|LEAKYRELU,DENSE|1|LINEAR}:"
    f"TrainingStrategy={QUICK}"
)


def test_a_class_is_a_condition_of_both_networks(tmp_path):
    x, y = np.concatenate([real(60), real(60, 5) + 3]), np.repeat(["low", "high"], 60)
    method = MethodGAN(f"GanLoss=WGAN-GP:{OF_CLASS}").fit(x, y, progress="silent")
    made = method.sample(4, seed=1, classes="low")
    assert made.shape == (4, 2) and not np.array_equal(made, method.sample(4, seed=1, classes="high"))
    both = method.sample(seed=1, classes=["low", "high", "low", "high"])
    assert np.array_equal(both[::2], made[::2]) and np.array_equal(both[1::2], method.sample(4, seed=1, classes="high")[1::2])
    low, high = (method.discriminate(x, classes=name) for name in ("low", "high"))
    assert np.array_equal(method.discriminate(x, classes=y)[:60], low[:60]) and not np.array_equal(low, high)
    assert np.allclose(method.GetMvaValues(x), (low + high) / 2, atol=1e-6)
    method.save(tmp_path / "c.xml")
    again = load(tmp_path / "c.xml")
    assert np.array_equal(again.sample(4, seed=1, classes="low"), made)
    assert np.array_equal(again.GetMvaValues(x), method.GetMvaValues(x))
    for wrong, what in (({}, "needs the class of its events"), ({"classes": "mid"}, "there is no class 'mid'")):
        with pytest.raises(OptionError, match=what):
            method.sample(3, **wrong)
    with pytest.raises(DataError, match=r"the classes have shape \(2,\)"):
        method.sample(3, classes=["low", "high"])


def test_a_class_has_no_input_in_onnx(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    method = MethodGAN(OF_CLASS).fit(real(), np.arange(100) % 2, progress="silent")
    for part in ("Generator", None):
        with pytest.raises(OptionError, match="the class of an event is a condition"):
            method.to_onnx(tmp_path / "c.onnx", part=part)


def test_classes_must_be_given_and_as_many_as_are_written(method):
    with pytest.raises(DataError, match="InputLayout has class=2, but the events have 1 class"):
        MethodGAN(OF_CLASS).fit(real(), progress="silent")
    with pytest.raises(OptionError, match="this generator has no classes"):
        method.sample(3, classes="low")
    with pytest.raises(OptionError, match="the class is no condition here"):
        method.discriminate(real(), classes="low")


def test_the_class_of_every_event_reaches_the_networks():
    x, y = real(8), np.arange(8) % 2
    booking, made = booked(inputs="noise=3,class=2##x=2", layout=OF_CLASS.split(":")[3])
    events_of = Events(x, np.empty((8, 0), np.float32), {}, np.ones(8), y, np.ones(8))
    wide, _ = booking.form.extended(made, x, None, events_of, unnamed(2))
    assert np.array_equal(wide, np.column_stack([x, y == 0, y == 1]))
    learner = booking.form.learner(booking, made, made.network(precision="float32", threads=1))
    inputs, _ = learner.anew(Batch(wide, np.ones(8, np.float32), np.arange(8)))
    assert np.array_equal(inputs[:, 3:], wide[:, 2:])


# ------------------------------------------------------------------------------------------- files


def test_a_file_gives_the_same_bits(method, given, tmp_path):
    for one, more in ((method, {}), (given, {"condition": 1.5})):
        one.save(tmp_path / "gan.xml")
        again = load(tmp_path / "gan.xml")
        assert type(again) is MethodGAN and str(again).splitlines()[1:] == str(one).splitlines()[1:]
        x = showers(9)[:, : one.info.n_variables]
        assert np.array_equal(again.GetMvaValues(x), one.GetMvaValues(x))
        assert np.array_equal(again.sample(5, seed=2, **more), one.sample(5, seed=2, **more))
        assert np.array_equal(copy.deepcopy(one).sample(5, seed=2, **more), one.sample(5, seed=2, **more))


def test_halves_are_saved_and_used_alone(given, tmp_path):
    given.save_generator(tmp_path / "g.xml")
    given.save_discriminator(tmp_path / "d.xml")
    generator, judge = load(tmp_path / "g.xml"), load(tmp_path / "d.xml")
    assert generator.blocks == ("Generator",) and judge.blocks == ("Discriminator",)
    assert np.array_equal(generator.sample(5, seed=2, condition=1.5), given.sample(5, seed=2, condition=1.5))
    assert np.array_equal(judge.GetMvaValues(showers()), given.GetMvaValues(showers()))
    with pytest.raises(OptionError, match="this GAN has no Discriminator"):
        generator.GetMvaValues(showers())
    with pytest.raises(OptionError, match="this GAN has no Generator"):
        judge.sample(3)


# ------------------------------------------------------------------------------------------- TMVA's strings

TEST_NET = "RESHAPE|1|1|4|FLAT,DENSE|128|TANH,DENSE|128|TANH,DENSE|128|TANH,DENSE|{}|LINEAR"
PHASES = [
    "GeneratorLearningRate=1e-1,GeneratorMomentum=0.9,GeneratorRepetitions=1,GeneratorConvergenceSteps=20,GeneratorBatchSize=256,"
    "GeneratorTestRepetitions=10,GeneratorWeightDecay=1e-4,GeneratorRegularization=L2,GeneratorMultithreading=True,"
    "DiscriminatorLearningRate=1e-2,DiscriminatorMomentum=0.9,DiscriminatorRepetitions=1,DiscriminatorConvergenceSteps=20,"
    "DiscriminatorBatchSize=256,DiscriminatorTestRepetitions=10,DiscriminatorWeightDecay=1e-4,DiscriminatorRegularization=L2,"
    "MaxEpochs=3,Optimizer=ADAM"
]
OF_TMVA = (
    f"!H:V:ErrorStrategy=CROSSENTROPY:VarTransform=N:WeightInitialization=XAVIERUNIFORM:InputLayout=1|1|4##1|1|4:"
    f"BatchLayout=256|1|4##256|1|4:Layout={TEST_NET.format(4)}##{TEST_NET.format(1)}:TrainingStrategy={PHASES[0]}"
)


@pytest.mark.filterwarnings("ignore::tmvalite.errors.TmvaliteWarning")
def test_the_string_of_tmvas_test_is_read_and_trained():
    method = MethodGAN(OF_TMVA, Strict=False)
    (phase,) = method.phases
    other = phase.others["Generator"]
    assert (phase.learning_rate, other.learning_rate, phase.batch_size, other.batch_size) == (1e-2, 1e-1, 256, 256)
    assert (phase.weight_decay, other.regularization, phase.max_epochs) == (1e-4, "L2", 3)
    x = np.random.default_rng(1).normal(size=(600, 4)).astype(np.float32)
    made = MethodGAN(OF_TMVA.replace("1e-1,", "1e-3,"), Strict=False, RandomSeed=2).fit(x, progress="silent").sample(5, seed=1)
    assert made.shape == (5, 4) and np.isfinite(made).all()


def test_keys_of_one_network_go_before_common_ones():
    method = MethodGAN(
        f"InputLayout=3##2:{LAYOUT}:TrainingStrategy=LearningRate=1e-3,GeneratorLearningRate=1e-4,BatchSize=20,TestRepetitions=1,"
        "MaxEpochs=5,ConvergenceSteps=5,DiscriminatorOptimizer=SGD,Momentum=0.5,GeneratorADAM_beta1=0.25|LearningRate=1e-5,"
        "BatchSize=10,TestRepetitions=1,MaxEpochs=5,ConvergenceSteps=5"
    )
    first, second = method.phases
    assert (first.learning_rate, first.others["Generator"].learning_rate) == (1e-3, 1e-4)
    assert (first.optimizer, first.others["Generator"].optimizer, first.others["Generator"].beta1) == ("SGD", "ADAM", 0.25)
    assert second.learning_rate == second.others["Generator"].learning_rate == 1e-5


def test_an_unknown_key_of_one_network_is_named_with_its_place():
    with pytest.raises(OptionError) as caught:
        MethodGAN(f"{LAYOUT}:TrainingStrategy=MaxEpochs=3,GeneratorLearnRate=1e-3")
    assert "LearnRate" in str(caught.value) and "LearningRate" in str(caught.value)


def test_check_prints_both_networks_and_their_training(capsys):
    assert main(["check", "--method", "GAN", f"InputLayout=3##2:{BASE}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "MethodGAN, classification, 2 variables" and "Generator" in lines and "Discriminator" in lines
    at = next(i for i, line in enumerate(lines) if line.startswith("  phase 1: ADAM, learning rate 0.002"))
    assert any(line.startswith("    Generator: ADAM, learning rate 0.002") for line in lines[at + 1 : at + 4])
    assert main(["check", "--method", "GAN", "--json", f"InputLayout=3##2:{BASE}"]) == 0
    assert json.loads(capsys.readouterr().out)["phases"][0]["others"]["Generator"]["batch_size"] == 20


# ------------------------------------------------------------------------------------------- elsewhere


@pytest.mark.parametrize("which", ["method", "given"])
def test_halves_are_written_as_onnx_and_give_the_methods_own_values(which, request, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    one, x = request.getfixturevalue(which), showers(20)
    one.to_onnx(tmp_path / "g.onnx", part="Generator")
    one.to_onnx(tmp_path / "d.onnx")
    model = one._model
    noise = gan_training.noise(model.prior, 20, 3, 5, "sample").astype(np.float32)
    inputs = {"noise": noise} | ({"conditions": x[:, 2:]} if which == "given" else {})
    session = runtime.InferenceSession(str(tmp_path / "g.onnx"), providers=["CPUExecutionProvider"])
    (found,) = session.run(["generated"], inputs)
    expected = one.sample(20, seed=5, condition=x[:, 2:] if which == "given" else None)
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    session = runtime.InferenceSession(str(tmp_path / "d.onnx"), providers=["CPUExecutionProvider"])
    x = x[:, : one.info.n_variables]
    (found,) = session.run(["mva"], {"events": x})
    assert np.abs(found[:, 0] - one.GetMvaValues(x)).max() < 1e-5
    with pytest.raises(OptionError, match="part='Encoder' cannot be written alone"):
        one.to_onnx(tmp_path / "e.onnx", part="Encoder")


def test_a_factory_books_it_and_a_reader_applies_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    factory, loader = Factory("job", "!V:Silent:AnalysisType=Classification"), DataLoader("data")
    for name in ("a", "b"):
        loader.AddVariable(name)
    for number, name in enumerate(("Signal", "Background")):
        loader.AddTree(dict(zip("ab", (real(120, number) + 2 * number).T.copy())), name)
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    booking = factory.BookMethod(loader, Types.kGAN, "GAN", f"RealClass=Signal:InputLayout=3##2:{BASE}")
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    assert 0 <= factory.GetROCIntegral(loader, "GAN") <= 1
    reader = Reader("!Color:Silent")
    for name in ("a", "b"):
        reader.AddVariable(name)
    reader.BookMVA("GAN", "data/weights/job_GAN.weights.xml")
    x = real(20)
    assert np.array_equal(reader.EvaluateMVA(x, "GAN"), booking.GetMvaValues(x))
    assert load("data/weights/job_GAN.weights.xml").sample(3, seed=1).shape == (3, 2)
