"""MethodAE: what is trained, what is reported, which values it gives."""

import numpy as np
import pytest

from tests.methods.ae_samples import DECODER, PLAIN, VAE, curved, fitted, options, probabilities
from tmvalite.errors import DataError, TmvaliteWarning
from tmvalite.methods import MethodAE
from tmvalite.methods.understood import understand

TEST_STRING = (
    "!H:V:ErrorStrategy=SUMOFSQUARES:WeightInitialization=XAVIERUNIFORM:InputLayout=1|1|2:BatchLayout=256|1|2:"
    "Layout=Encoder={RESHAPE|1|1|2|FLAT,DENSE|128|TANH,DENSE|64|TANH}Decoder={DENSE|128|TANH,DENSE|2|LINEAR,LINEAR}:"
    "TrainingStrategy=LearningRate=1e-1,Momentum=0.9,Repetitions=1,ConvergenceSteps=20,BatchSize=256,TestRepetitions=10,"
    "WeightDecay=1e-4,Regularization=L2,DropConfig=0.0+0.5+0.5+0.5, Multithreading=True"
    "|LearningRate=1e-2,Momentum=0.9,Repetitions=1,ConvergenceSteps=20,BatchSize=256,TestRepetitions=10,"
    "WeightDecay=1e-4,Regularization=L2,DropConfig=0.0+0.0+0.0+0.0, Multithreading=True"
    "|LearningRate=1e-3,Momentum=0.9,Repetitions=1,ConvergenceSteps=20,BatchSize=256,TestRepetitions=10,"
    "WeightDecay=1e-4,Regularization=L2,DropConfig=0.0+0.0+0.0+0.0, Multithreading=True:Architecture=CPU"
)


def layers(method_or_text, **keywords):
    report = understand(method_or_text, method="AE", **keywords)
    return {name: ["|".join([n.layer.kind, *n.layer.to_fields()]) for n in graph.nodes] for name, graph in report.graphs.items()}


# ------------------------------------------------------------------------------------------- published strings


def test_tmvas_test_string_has_the_layers_written():
    assert layers(TEST_STRING) == {
        "Encoder": ["RESHAPE|1|1|2|FLAT", "DENSE|128|TANH", "DENSE|64|TANH"],
        "Decoder": ["DENSE|128|TANH", "DENSE|2|LINEAR"],
    }
    codes = [w.code for w in understand(TEST_STRING, method="AE").diagnostics.warnings]
    assert codes.count("dummy-layer") == 1


def test_the_posts_string_has_the_layers_written():
    text = "Layout=Encoder={RESHAPE|1|1|4|FLAT,DENSE|2|SIGMOID}Decoder={DENSE|4|LINEAR}"
    assert layers(text, n_variables=4) == {"Encoder": ["RESHAPE|1|1|4|FLAT", "DENSE|2|SIGMOID"], "Decoder": ["DENSE|4|LINEAR"]}
    assert not understand(text, method="AE", n_variables=4).diagnostics.warnings


def test_a_width_of_0_in_the_decoder_is_the_number_of_variables():
    assert layers("", n_variables=7) == {"Encoder": ["DENSE|214|SOFTSIGN"], "Decoder": ["DENSE|7|LINEAR"]}


def mlp(*widths, last="LINEAR"):
    return ",".join([*(f"DENSE|{width}|LEAKYRELU" for width in widths[:-1]), f"DENSE|{widths[-1]}|{last}"])


@pytest.mark.parametrize("variables, latent, parameters", [(24, 15, 61839), (2500, 25, 1055725)])
def test_balers_layouts_have_its_numbers_of_parameters(variables, latent, parameters):
    text = f"Layout=Encoder={{{mlp(200, 100, 50, latent)}}}Decoder={{{mlp(50, 100, 200, 'N')}}}"
    networks = understand(text, method="AE", n_variables=variables).as_json()["networks"]
    assert sum(network["parameters"] for network in networks.values()) == parameters


def test_balers_convolutional_layout():
    text = (
        "InputLayout=1|28|28:Layout=Encoder={CONV|20|5|5|2|2|2|2|LEAKYRELU,CONV|50|5|5|2|2|2|2|LINEAR,RESHAPE|FLAT,"
        "DENSE|500|LINEAR,DENSE|10|LINEAR}Decoder={DENSE|500|LEAKYRELU,DENSE|2450|LINEAR,RESHAPE|50|7|7,"
        "TRANSCONV|20|5|5|2|2|2|2|1|1|LINEAR,TRANSCONV|1|5|5|2|2|2|2|1|1|LEAKYRELU}"
    )
    understood = understand(text, method="AE")
    graphs = understood.graphs
    assert [w.message for w in understood.diagnostics.warnings][:1] == [
        "CONV does not end at the edge of its padded input: 1 row and 1 column left over, where TMVA stops"
    ]
    assert graphs["Encoder"].nodes[2].shape == (2450,) and graphs["Decoder"].outputs[0].value.shape == (1, 28, 28)


@pytest.mark.filterwarnings("ignore::tmvalite.errors.TmvaliteWarning")
def test_tmvas_test_reaches_a_small_error():
    X = np.random.default_rng(7).uniform(0, 5, (300, 2)).astype(np.float32)
    method = MethodAE(TEST_STRING + ":RandomSeed=1", analysis_type="regression").fit(X, progress="silent")
    deviation = (method.GetRegressionValues(X) - X) / X.std(axis=0)
    assert (deviation**2).mean() < 1e-2


# ------------------------------------------------------------------------------------------- plain


def test_a_plain_autoencoder_learns_its_input_whatever_the_analysis():
    X = curved()
    plain = fitted(epochs=30)
    assert ((plain.reconstruct(X) - X) ** 2).mean() < 0.05 * X.var()
    for analysis, y in (("regression", X[:, :1]), ("multiclass", (X[:, 0] > 0) + 0), ("classification", (X[:, 0] > 0) + 0)):
        other = fitted(epochs=30, analysis_type=analysis, y=y, norm=None)
        assert ((other.reconstruct(X) - X) ** 2).mean() < 0.05 * X.var()


def test_decode_of_encode_is_reconstruct_to_the_bit_for_one_event_and_many():
    X, method = curved(), fitted(more="VarTransform=N:RandomSeed=5")
    codes = method.encode(X)
    assert codes.shape == (400, 2) and codes.dtype == np.float32
    assert np.array_equal(method.decode(codes), method.reconstruct(X))
    assert np.array_equal(method.GetRegressionValues(X), method.reconstruct(X))
    assert all(np.array_equal(method.reconstruct(x), r) for x, r in zip(X[:5], method.reconstruct(X)))
    assert [method.GetMvaValue(x) for x in X[:9]] == method.GetMvaValues(X)[:9].tolist()
    assert np.array_equal(method.transform(X), codes) and np.array_equal(method.inverse_transform(codes), method.decode(codes))


def test_transformations_are_undone_behind_the_decoder():
    X = curved() * [1, 10, 100, 1000] + [0, 5, 50, 500]
    method = fitted(epochs=40, more="VarTransform=N:RandomSeed=5", data=X)
    assert (((method.reconstruct(X) - X) / X.std(axis=0)) ** 2).mean() < 0.05


def test_the_anomaly_score_is_half_the_squared_error_of_the_transformed_variables():
    X, method = curved(), fitted()
    error = 0.5 * ((X - method.reconstruct(X)).astype(float) ** 2).sum(axis=1)
    assert np.allclose(method.GetMvaValues(X), error, rtol=1e-5)
    assert method.GetMvaValue([30, -30, 30, 30]) > 10 * method.GetMvaValues(X).max()


def test_the_anomaly_score_of_a_bernoulli_decoder_is_its_cross_entropy():
    X = probabilities()
    method = fitted(more="ErrorStrategy=CROSSENTROPY:RandomSeed=5", data=X)
    p = method.reconstruct(X).astype(float)
    assert 0 < p.min() and p.max() < 1
    assert np.allclose(method.GetMvaValues(X), -(X * np.log(p) + (1 - X) * np.log(1 - p)).sum(axis=1), rtol=1e-4)


def test_a_decoder_that_ends_in_sigmoid_has_one_sigmoid():
    with pytest.warns(TmvaliteWarning, match="CROSSENTROPY applies the sigmoid itself"):
        once = fitted(
            PLAIN.replace("N|LINEAR", "N|SIGMOID"), more="ErrorStrategy=CROSSENTROPY:RandomSeed=5", data=probabilities()
        )
    plain = fitted(more="ErrorStrategy=CROSSENTROPY:RandomSeed=5", data=probabilities())
    assert np.array_equal(once.reconstruct(probabilities()), plain.reconstruct(probabilities()))


def test_outputs_of_two_losses_take_their_variables_in_order():
    layout = (
        "Encoder={DENSE|16|TANH,DENSE|2|LINEAR}Decoder={h=DENSE|16|TANH,a=DENSE|2|LINEAR@h,b=DENSE|2|LINEAR@h,"
        "OUTPUT|SUMOFSQUARES@a,OUTPUT|CROSSENTROPY@b}"
    )
    X = np.concatenate([10 * curved()[:, :2], probabilities()[:, 2:]], axis=1)
    values = fitted(layout, 30, data=X).reconstruct(X)
    assert values[:, :2].std() > 3 and 0 < values[:, 2:].min() and values[:, 2:].max() < 1


def test_an_image_is_reconstructed_without_reshape():
    X = np.random.default_rng(3).uniform(size=(60, 64)).astype(np.float32)
    layout = "Encoder={CONV|4|4|4|2|2|1|1|RELU}Decoder={TRANSCONV|1|4|4|2|2|1|1|LINEAR}"
    method = fitted(layout, 3, more="InputLayout=1|8|8:RandomSeed=5", data=X)
    assert method.encode(X).shape == (60, 64) and method.reconstruct(X).shape == (60, 64) and method.latent_size == 64
    assert np.array_equal(method.decode(method.encode(X)), method.reconstruct(X))


def test_rows_that_are_not_finite_give_nan_and_leave_the_others_alone():
    X, method = curved(5), fitted()
    good = method.GetMvaValues(X)
    X[1, 2] = np.nan
    assert np.isnan(method.GetMvaValues(X)).tolist() == [False, True, False, False, False]
    assert np.array_equal(method.GetMvaValues(X)[[0, 2, 3, 4]], good[[0, 2, 3, 4]]) and np.isnan(method.encode(X)[1]).all()


def test_the_same_seed_trains_the_same_bits():
    X = curved()
    for layout, more in ((PLAIN, ""), (VAE, ""), (PLAIN, ":LatentLoss=ADV"), (PLAIN, ":Pretrain=GREEDY:PretrainEpochs=2")):
        runs = [fitted(layout, 3, more=f"RandomSeed=5{more}").reconstruct(X) for _ in range(2)]
        assert np.array_equal(*runs)


def test_event_weights_weigh_the_reconstruction():
    X = np.concatenate([curved(200), -curved(200, 2) + 20])
    layout = "Encoder={DENSE|1|LINEAR}" + DECODER
    errors = []
    for light in (1.0, 1e-3):
        method = fitted(layout, 30, data=X, sample_weight=np.r_[np.full(200, light), np.ones(200)])
        errors.append(method.GetMvaValues(X)[:200].mean() / method.GetMvaValues(X)[200:].mean())
    assert errors[1] > 1.5 * errors[0]


def test_what_is_printed_names_both_halves_and_the_code():
    text = str(fitted(VAE, 1)).splitlines()
    assert text[:3] == [
        "MethodAE 'AE', classification, trained",
        "variables: var1, var2, var3, var4",
        "code: 2 values, KL with prior GAUSS|0|1",
    ]
    assert "Encoder" in text and "Decoder" in text and "2  LATENT|2       layer 1  2               68" in text
    assert str(MethodAE(f"InputLayout=1|1|4:Layout={PLAIN}")).splitlines()[1] == "code: 2 values"


# ------------------------------------------------------------------------------------------- variational


def test_the_loss_of_a_vae_is_reconstruction_plus_kl_in_nats():
    history = fitted(VAE, 12, more="KLAnnealing=0:RandomSeed=5").history
    for before in ("", "valid_"):
        total = np.array(history[f"{before}reconstruction"]) + history[f"{before}kl"]
        assert np.allclose(total, history[f"{before or 'train_'}loss"], rtol=1e-6)
    assert {"latent_mean", "latent_log_variance", "latent_log_variance_spread", "decoder_sigma"} <= set(history)
    assert min(history["kl"]) > 0


def test_default_settings_do_not_collapse_the_code_of_small_variables():
    X = 0.1 * curved()
    method = fitted(VAE, 60, data=X)
    assert method.history["valid_kl"][-1] > 1 and method._model.sigma < 0.1
    assert ((method.reconstruct(X) - X) ** 2).mean() < 0.2 * X.var()
    assert fitted(VAE, 60, more="DecoderSigma=1:RandomSeed=5", data=X).history["valid_kl"][-1] < 0.1  # what is avoided


def test_a_fixed_decoder_sigma_is_kept():
    method = fitted(VAE, 3, more="DecoderSigma=0.5:RandomSeed=5")
    assert method._model.sigma == 0.5 and "decoder_sigma" not in method.history


def test_kl_annealing_grows_the_weight_epoch_by_epoch():
    history = fitted(VAE, 4, more="KLAnnealing=2:KLWeight=3:DecoderSigma=1:RandomSeed=5").history
    weights = (np.array(history["train_loss"]) - history["reconstruction"]) / history["kl"]
    assert np.allclose(weights, [0, 1.5, 3, 3], atol=1e-4)
    assert np.allclose((np.array(history["valid_loss"]) - history["valid_reconstruction"]) / history["valid_kl"], 3, rtol=1e-4)


@pytest.mark.parametrize(
    "more, expected",
    [
        ("RandomSeed=5", [0, 0.5, 1, 1, 1, 1, 1, 1]),  # a quarter of the epochs
        ("KLAnnealing=0:RandomSeed=5", [1] * 8),
        ("DecoderSigma=1:RandomSeed=5", [1] * 8),  # what does not follow the training needs no time
    ],
)
def test_kl_grows_by_default_where_the_width_of_the_decoder_follows_the_training(more, expected):
    history = fitted(VAE, 8, more=more).history
    weights = (np.array(history["train_loss"]) - history["reconstruction"]) / history["kl"]
    assert np.allclose(weights, expected, atol=1e-3)


def test_epochs_without_improvement_do_not_count_while_the_weight_of_kl_grows():
    lengths = []
    for annealing in (0, 30):
        method = MethodAE(options(VAE, 40, f"KLAnnealing={annealing}:RandomSeed=5", LearningRate=3e-2, ConvergenceSteps=1))
        lengths.append(len(method.fit(curved(), progress="silent").history["epoch"]))
    assert lengths[0] < 30 < lengths[1]


def test_the_score_of_a_vae_adds_kl_at_the_mean_code():
    X, method = curved(), fitted(VAE, more="DecoderSigma=1:RandomSeed=5")
    error = 0.5 * ((X - method.reconstruct(X)).astype(float) ** 2).sum(axis=1)
    kl = method.GetMvaValues(X) - error
    assert (kl > 0).all() and (kl > 0.5 * (method.encode(X) ** 2).sum(axis=1) - 1e-3).all()


def test_the_prior_of_kl_is_the_option():
    method = fitted(VAE, 30, more="Prior=GAUSS|5|1:RandomSeed=5")
    assert abs(method.encode(curved()).mean() - 5) < 1
    assert abs(method._model.part("Encoder").graph.nodes[0].shape[0] - 16) == 0


def test_samples_are_decoded_codes_of_the_prior():
    method = fitted(VAE, 30)
    new = method.sample(500, seed=3)
    assert new.shape == (500, 4) and np.array_equal(new, method.sample(500, seed=3))
    assert not np.array_equal(new, method.sample(500, seed=4))
    assert np.allclose(new.std(axis=0), curved().std(axis=0), rtol=0.35)


def test_categories_are_sampled_as_one_hot_codes():
    layout = "Encoder={DENSE|16|TANH,DENSE|6|LINEAR,GUMBEL|2|3}" + DECODER
    method = fitted(layout, 3, more="TemperatureRate=1e-3:RandomSeed=5")
    codes = method.encode(curved()).reshape(-1, 2, 3)
    assert set(np.unique(codes)) <= {0, 1} and (codes.sum(axis=2) == 1).all()
    rows = {tuple(row) for row in method.sample(300, seed=1)}
    assert 1 < len(rows) <= 9


def test_trace_has_the_means_over_optimisation_steps():
    method = fitted(VAE, 10, trace=4)
    trace = method.trace
    assert trace["iteration"] == list(range(4, 81, 4))
    assert {"reconstruction", "kl", "latent_mean", "latent_log_variance_spread"} < set(trace)
    assert all(len(column) == 20 and np.isfinite(column).all() for column in trace.values())
    assert fitted(VAE, 1).trace == {}


# ------------------------------------------------------------------------------------------- other codes


@pytest.mark.parametrize(
    "more, name", [("LatentLoss=MMD:KLWeight=10", "mmd"), ("LatentLoss=SWD:Projections=20:KLWeight=5", "swd")]
)
def test_a_distance_pulls_the_codes_to_the_prior(more, name):
    method = fitted(PLAIN, 40, more=f"{more}:Prior=GAUSS|3|1:RandomSeed=5")
    codes = method.encode(curved())
    assert np.abs(codes.mean(axis=0) - 3).max() < 0.6 and 0.5 < codes.std() < 1.6
    assert name in method.history and f"valid_{name}" not in method.history
    assert method.sample(3, seed=1).shape == (3, 4)


def test_a_distance_of_weight_0_is_a_plain_autoencoder():
    X = curved()
    assert np.array_equal(fitted(PLAIN, 5, more="LatentLoss=MMD:KLWeight=0:RandomSeed=5").encode(X), fitted(PLAIN, 5).encode(X))


def test_an_adversary_pulls_the_codes_to_the_prior():
    method = fitted(PLAIN, 60, more="LatentLoss=ADV:Prior=GAUSS|3|1:RandomSeed=5")
    codes = method.encode(curved())
    assert np.abs(codes.mean(axis=0) - 3).max() < 1 and 0.4 < codes.std() < 2
    assert {"deception", "adversary", "valid_deception"} <= set(method.history)
    assert 0.2 < method.discriminate(codes).mean() < 0.8


def test_a_discriminator_in_the_layout_asks_for_an_adversary():
    method = fitted(PLAIN + "Discriminator={DENSE|8|TANH,DENSE|1|LINEAR}", 2)
    assert method._model.latent == "ADV" and list(method._model.blocks) == ["Encoder", "Decoder", "Discriminator"]


def test_sparsity_makes_codes_small():
    X = curved()
    wide = PLAIN.replace("DENSE|2|LINEAR}D", "DENSE|8|SIGMOID}D")
    dense, sparse, rho = (
        fitted(wide, 30, more=f"{more}RandomSeed=5").encode(X).mean()
        for more in ("", "Sparsity=L1:SparsityWeight=0.05:", "Sparsity=KL:Rho=0.1:SparsityWeight=0.1:")
    )
    assert sparse < 0.8 * dense and rho < 0.8 * dense


def test_corruption_is_for_training_only_and_tied_weights_are_shared():
    method = fitted("Encoder={CORRUPT|0.3,a=DENSE|16|TANH,b=DENSE|2|LINEAR}Decoder={TIED|b|TANH,TIED|a|LINEAR}", 30)
    X = curved()
    assert np.array_equal(method.encode(X), method.encode(X)) and ((method.reconstruct(X) - X) ** 2).mean() < 0.5 * X.var()
    assert ("Decoder.TIED#1", "Weights") not in method.network.parameters.names()


def test_greedy_pretraining_begins_nearer_to_the_end():
    layout = "Encoder={DENSE|12|TANH,DENSE|6|TANH,DENSE|2|LINEAR}Decoder={DENSE|6|TANH,DENSE|12|TANH,DENSE|N|LINEAR}"
    plain = fitted(layout, 3).history["train_loss"][0]
    pretrained = fitted(layout, 3, more="Pretrain=GREEDY:PretrainEpochs=30:PretrainCorruption=0.1:RandomSeed=5")
    assert pretrained.history["train_loss"][0] < 0.7 * plain


def test_double_precision():
    X = curved().astype(float) * (1 + 1e-12)
    method = fitted(VAE, 3, more="Precision=float64:RandomSeed=5", data=X)
    assert method.encode(X).dtype == method.reconstruct(X).dtype == np.float64
    assert not np.array_equal(method.encode(X), method.encode(X.astype(np.float32)))


# ------------------------------------------------------------------------------------------- heads


def test_a_head_learns_the_classes():
    X = curved()
    y = np.where(X[:, 0] > 0, "tt", "qcd")
    method = fitted(PLAIN + "Head={DENSE|1|LINEAR}", 40, more="HeadWeight=2:RandomSeed=5", y=y, signal="tt")
    assert method.score(X, y) > 0.95 and method.classes_.tolist() == ["qcd", "tt"]
    assert np.allclose(method.predict_proba(X).sum(axis=1), 1) and set(method.predict(X)) == {"qcd", "tt"}
    assert method.predict(X[:1]).shape == (1,) and "head" in method.history
    assert np.allclose(method.GetMvaValues(X), 0.5 * ((X - method.reconstruct(X)) ** 2).sum(axis=1), rtol=1e-3)


def test_a_head_learns_several_classes():
    X = curved()
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    method = fitted(PLAIN + "Head={DENSE|8|TANH,DENSE|3|LINEAR}", 40, y=y, analysis_type="multiclass")
    values = method.GetMulticlassValues(X)
    assert values.shape == (400, 3) and np.allclose(values.sum(axis=1), 1, atol=1e-5) and method.score(X, y) > 0.8


def test_a_head_learns_targets_in_their_own_units():
    X = curved()
    y = 100 + 10 * X[:, 0]
    method = fitted(
        PLAIN + "Head={DENSE|8|TANH,DENSE|1|LINEAR}",
        40,
        more="VarTransform=N:HeadWeight=5:RandomSeed=5",
        y=y,
        analysis_type="regression",
    )
    assert method.score(X, y) > 0.9 and method.predict(X).shape == (400,)
    assert method.GetRegressionValues(X).shape == (400, 4)


# ------------------------------------------------------------------------------------------- the log


def test_the_epoch_table_shows_the_parts_of_the_loss(capsys):
    MethodAE(options(VAE, 2)).fit(curved(), progress="table")
    out = capsys.readouterr().out.splitlines()
    head = next(line for line in out if "Epoch |" in line)
    assert head.endswith("Conv. Steps  Val. reconstruction      Val. kl")
    row = out[out.index(head) + 2]
    assert len(row) == len(head) and len(row.split("|")[1].split()) == 5
    MethodAE(options(PLAIN, 2)).fit(curved(), progress="table")
    assert next(line for line in capsys.readouterr().out.splitlines() if "Epoch |" in line).endswith("Conv. Steps")


def test_a_constant_variable_survives():
    X = curved()
    X[:, 1] = 7
    with pytest.warns(TmvaliteWarning, match="variable 'var2' is constant"):
        method = fitted(more="VarTransform=N:RandomSeed=5", data=X)
    assert np.array_equal(method.reconstruct(X)[:, 1], X[:, 1])


def test_error_variables_that_cross_entropy_cannot_reconstruct():
    X = probabilities()
    X[:, 2] *= 7
    with pytest.raises(DataError) as caught:
        fitted(more="ErrorStrategy=CROSSENTROPY", data=X)
    low, high = X[:, 2].min(), X[:, 2].max()
    assert str(caught.value) == (
        f"CROSSENTROPY reconstructs values from 0 to 1, and variable 'var3' lies between {low:g} and {high:g}\n"
        "  hint: ErrorStrategy=SUMOFSQUARES reconstructs any values; or scale the variables to [0, 1]"
    )
