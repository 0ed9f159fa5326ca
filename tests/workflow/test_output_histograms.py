"""What the output file has beside the trees: folders, names and right numbers, of every kind of analysis."""

import numpy as np
import pytest

import tmvalite
from tests.workflow.test_factory import QUIET, loader, multiclass_loader, regression_loader, run, table
from tmvalite import DataLoader, Factory, gConfig
from tmvalite.evaluation import correlation_matrix, roc_curve
from tmvalite.workflow.class_histograms import POINTS, roc_graph
from tmvalite.workflow.classifier_histograms import Outputs
from tmvalite.workflow.method_folder import training_history

uproot = pytest.importorskip("uproot")

BINARY = """S B S_high B_high effS effB effBvsS rejBvsS invBeffvsSeff Train_S Train_B trainingEffS trainingEffB trainingEffBvsS
trainingRejBvsS""".split()
SMALL = "!H:!V:Layout=TANH|4,LINEAR:RandomSeed=3:TrainingStrategy=LearningRate=1e-2,BatchSize=20,MaxEpochs=5,TestRepetitions=1"


def opened(path="out.root"):
    return uproot.open(path)


def names(folder):
    return set(folder.keys(recursive=False, cycle=False))


def test_a_classifier_has_tmvas_histograms(fake_method):
    data = loader()
    factory = run(Factory("Job", "out.root", QUIET), data, ("A", "B"))
    folder = opened()["dataset/Method_DL/A"]
    assert names(folder) == {"TrainingPath", "WeightFileName", *(f"MVA_A_{name}" for name in BINARY)}
    assert folder["WeightFileName"] == "dataset/weights/Job_A.weights.xml" and folder["TrainingPath"] == str(fake_method)
    output, events = factory.record(data, "A").outputs["test"], data.dataset().test
    signal = events.class_index == 0
    found = folder["MVA_A_S"]
    edges = found.axis().edges()
    expected = np.histogram(output[signal], edges, weights=events.weight[signal])[0]
    assert len(edges) == 41 and found.classname == "TH1D" and found.member("fEntries") == signal.sum()
    assert np.allclose(found.values(), expected / expected.sum() / np.diff(edges), rtol=1e-12)
    assert edges[0] == output.min() and output.max() < edges[-1] < output.max() + 1e-4
    assert np.array_equal(folder["MVA_A_Train_B"].axis().edges(), edges) and len(folder["MVA_A_B_high"].values()) == 10000


def test_efficiencies_and_curves_are_the_exact_ones(fake_method):
    data = loader()
    factory = run(Factory("Job", "out.root", QUIET), data, ("A",))
    folder = opened()["dataset/Method_DL/A"]
    for sample, prefix in (("test", ""), ("train", "training")):
        output, events = factory.record(data, "A").outputs[sample], getattr(data.dataset(), sample)
        signal, w = events.class_index == 0, events.weight
        for letter, chosen in (("S", signal), ("B", ~signal)):
            found = folder[f"MVA_A_{f'{prefix}Eff' if prefix else 'eff'}{letter}"]
            for at in (0, 3000, 5001, 9999):
                kept = w[chosen & (output >= found.axis().edges()[at])].sum() / w[chosen].sum()
                assert found.values()[at] == pytest.approx(kept, abs=1e-12)
        curve = roc_curve(output, signal, w)
        background = folder[f"MVA_A_{f'{prefix}EffBvsS' if prefix else 'effBvsS'}"].values()
        rejection = folder[f"MVA_A_{f'{prefix}RejBvsS' if prefix else 'rejBvsS'}"].values()
        assert np.allclose(
            background, np.interp((np.arange(100) + 0.5) / 100, curve.signal_efficiency, curve.background_efficiency)
        )
        assert np.allclose(rejection, 1 - background) and abs(rejection.mean() - curve.area) < 0.01
    inverse, effB = folder["MVA_A_invBeffvsSeff"].values(), folder["MVA_A_effBvsS"].values()
    assert np.allclose(inverse[effB > 0], 1 / effB[effB > 0]) and (inverse[effB == 0] == 0).all()


def test_where_signal_has_the_smaller_outputs_a_cut_keeps_what_is_below(fake_method):
    data = loader()
    factory = run(Factory("Job", "out.root", QUIET), data, ("A",), "Worse")
    folder, output = opened()["dataset/Method_DL/A"], factory.record(data, "A").outputs["test"]
    signal, w = data.dataset().test.class_index == 0, data.dataset().test.weight
    found = folder["MVA_A_effS"]
    for at in (0, 4000, 9999):
        kept = w[signal & (output < found.axis().edges()[at])].sum() / w[signal].sum()
        assert found.values()[at] == pytest.approx(kept, abs=1e-12)
    assert folder["MVA_A_rejBvsS"].values().mean() > 0.5


def test_a_test_sample_of_one_class_has_no_curves(fake_method):
    data = DataLoader("dataset")
    data.AddSignalTree(table(60, 1.0, 1))
    data.AddTree(table(40, 0.0, 2), "Background", 1.0, "", "train")
    data.AddVariable("a")
    data.PrepareTrainingAndTestTree("", "!V")
    run(Factory("Job", "out.root", QUIET + ":!ROC"), data, ("A",))
    found = names(opened()["dataset/Method_DL/A"])
    assert "MVA_A_rejBvsS" not in found and {"MVA_A_S", "MVA_A_B", "MVA_A_effS", "MVA_A_trainingRejBvsS"} <= found
    assert opened()["dataset/Method_DL/A/MVA_A_B"].values().sum() == 0


def test_correlations_of_signal_and_background_in_percent(fake_method):
    data = loader()
    run(Factory("Job", "out.root", QUIET), data)
    train = data.dataset().train
    for index, letter in enumerate("SB"):
        chosen = train.class_index == index
        found = opened()[f"dataset/CorrelationMatrix{letter}"]
        assert found.values().tolist() == np.rint(100 * correlation_matrix(train.x[chosen], train.weight[chosen])).tolist()
        assert (found.axis(0).labels(), found.axis(1).labels()) == (["a", "b"], ["a", "b"])
    assert not {"dataset/CorrelationMatrix", "dataset/CorrelationMatrixSignal"} & set(opened().keys(cycle=False))


def test_every_chain_of_the_factory_has_its_folder_even_twice(fake_method):
    data = loader()
    run(Factory("Job", "out.root", QUIET + ":Transformations=I;N;N(a);D,G"), data)
    file = opened()
    folders = {name for name in names(file["dataset"]) if name.startswith("InputVariables")}
    assert folders == {f"InputVariables_{name}" for name in ("Id", "Norm", "Norm_0", "Deco_Gauss")}
    for chain in ("Norm", "Deco_Gauss"):
        folder = file[f"dataset/InputVariables_{chain}"]
        assert names(folder) == {f"{v}__{c}_{chain}" for v in "ab" for c in ("Signal", "Background")} | {"CorrelationPlots"}
    assert file["dataset/InputVariables_Norm_0/a__Signal_Norm"].axis().edges()[0] == -1.0  # b stays as it is in this chain
    assert file["dataset/InputVariables_Norm_0/b__Signal_Norm"].axis().edges()[0] < -1.5
    assert file["dataset/InputVariables_Norm/a__Signal_Norm"].member("fXaxis").member("fTitle") == "a (Norm)"
    assert file["dataset/InputVariables_Id/a__Signal_Id"].member("fXaxis").member("fTitle") == "a"


def test_inputs_are_weighted_training_events(fake_method):
    data = loader()
    run(Factory("Job", "out.root", QUIET), data)
    file, train = opened(), data.dataset().train
    x, chosen = train.x.astype(float), train.class_index == 1
    found = file["dataset/InputVariables_Id/b__Background_Id"]
    expected = np.histogram(x[chosen, 1], found.axis().edges(), weights=train.weight[chosen])[0]
    assert np.allclose(found.values(), expected.astype(np.float32)) and found.member("fEntries") == chosen.sum()
    scatter = file["dataset/InputVariables_Id/CorrelationPlots/scat_b_vs_a_Background_Id"]
    edges = [scatter.axis(i).edges() for i in (0, 1)]
    assert scatter.classname == "TH2F" and [len(e) for e in edges] == [301, 301]
    expected = np.histogram2d(*x[chosen].T, edges, weights=train.weight[chosen])[0]
    assert np.allclose(scatter.values(), expected) and expected.sum() == pytest.approx(train.weight[chosen].sum())
    profile = file["dataset/InputVariables_Id/CorrelationPlots/prof_b_vs_a_Background_Id"]
    at = np.clip(np.digitize(x[chosen, 0], profile.axis().edges()) - 1, 0, 39)
    for i in np.unique(at)[:5]:
        mean = np.average(x[chosen, 1][at == i], weights=train.weight[chosen][at == i])
        assert profile.values()[i] == pytest.approx(mean)


def test_many_variables_are_not_drawn_against_each_other(fake_method):
    data = DataLoader("dataset")
    for tree, name in ((table(40, 1.0, 1), "Signal"), (table(40, 0.0, 2), "Background")):
        data.AddTree(tree, name)
    for i in range(21):
        data.AddVariable(f"v{i} := a*{i + 1}")
    run(Factory("Job", "out.root", QUIET), data)
    found = names(opened()["dataset/InputVariables_Id"])
    assert len(found) == 42 and "CorrelationPlots" not in found


def test_numbers_of_bins_follow_the_settings(fake_method, monkeypatch):
    settings = gConfig().GetVariablePlotting()
    for name, value in (("fNbins1D", 7), ("fNbins2D", 5), ("fNbinsMVAoutput", 9), ("fNbinsXOfROCCurve", 11)):
        monkeypatch.setattr(settings, name, value)
    run(Factory("Job", "out.root", QUIET), loader(), ("A",))
    file = opened()
    assert len(file["dataset/InputVariables_Id/a__Signal_Id"].values()) == 7
    assert file["dataset/InputVariables_Id/CorrelationPlots/scat_b_vs_a_Signal_Id"].values().shape == (5, 5)
    assert len(file["dataset/Method_DL/A/MVA_A_S"].values()) == 9
    assert len(file["dataset/Method_DL/A/MVA_A_rejBvsS"].values()) == 11


def test_a_regression_has_deviations_of_every_target_on_both_samples(fake_method):
    data = regression_loader()
    factory = run(Factory("Job", "out.root", "Silent:!Color:AnalysisType=Regression"), data, ("R",))
    file = opened()
    folder = file["datasetreg/Method_DL/R"]
    expected = {"TrainingPath", "WeightFileName"}
    for sample in ("train", "test"):
        expected |= {f"MVA_R{sample}_reg_{of}_rtgt{j}" for of in ("var0", "tgt0", "tgt1") for j in (0, 1)}
        expected |= {f"MVA_R{sample}_Quadr_{kind}_target_{j}_" for kind in ("Deviation", "Dev_best90perc") for j in (0, 1)}
    assert names(folder) == expected
    for sample in ("train", "test"):
        events, output = getattr(data.dataset(), sample), factory.record(data, "R").outputs[sample]
        deviation = output[:, 1].astype(float) - events.targets[:, 1]
        found = folder[f"MVA_R{sample}_reg_tgt0_rtgt1"]
        edges = [found.axis(i).edges() for i in (0, 1)]
        assert found.values().tolist() == np.histogram2d(events.targets[:, 0], deviation, edges)[0].tolist()
        assert found.values().sum() == len(events) and found.values().shape == (50, 50)
        for kind, number in (("Deviation", "dev"), ("Dev_best90perc", "dev90")):
            squares = folder[f"MVA_R{sample}_Quadr_{kind}_target_1_"]
            mean = squares.member("fTsumwx") / squares.member("fTsumw")  # what TMVA's macro calls the mean
            assert np.sqrt(mean) == pytest.approx(getattr(factory.record(data, "R").deviation(sample, 1), number), rel=1e-9)
            assert len(squares.values()) == 500
    assert "datasetreg/CorrelationMatrix" in file.keys(cycle=False)
    inputs = names(file["datasetreg/InputVariables_Id"])
    assert inputs == {"a__Regression_Id", "t__Regression_target_Id", "t2__Regression_target_Id", "CorrelationPlots"}
    pairs = names(file["datasetreg/InputVariables_Id/CorrelationPlots"])
    assert pairs == {f"{k}_{p}_Regression_Id" for k in ("scat", "prof") for p in ("t_vs_a", "t2_vs_a", "t2_vs_t")}


def test_several_classes_have_histograms_and_graphs_of_each(fake_method):
    data = multiclass_loader()
    factory = run(Factory("Job", "out.root", "Silent:!Color"), data, ("M",))
    folder, classes = opened()["datasetmulti/Method_DL/M"], ("Signal", "bg0", "bg1")
    expected = {"TrainingPath", "WeightFileName"}
    for sample in ("Train", "Test"):
        expected |= {f"MVA_M_{sample}_{a}_prob_for_{b}" for a in classes for b in classes}
        expected |= {f"MVA_M_{sample}_rejBvsS_{a}" for a in classes}
        expected |= {f"MVA_M_{sample}_1v1rejBvsS_{a}_vs_{b}" for a in classes for b in classes if a != b}
    assert names(folder) == expected
    events, output = data.dataset().test, factory.record(data, "M").outputs["test"]
    found = folder["MVA_M_Test_bg0_prob_for_Signal"]
    column = output[events.class_index == 0, 1].astype(float)
    inside = (column > -0.0002) & (column < 1.0002)
    counts = np.histogram(column[inside], found.axis().edges())[0]
    assert np.allclose(found.values(), counts / counts.sum() * 40 / 1.0004, rtol=1e-6)
    graph, curve = folder["MVA_M_Test_rejBvsS_bg1"], roc_curve(output[:, 2], events.class_index == 2, events.weight)
    assert graph.member("fName") == "MVA_M_Test_rejBvsS_bg1" and graph.member("fTitle").startswith("MVA_M_Test_bg1;")
    assert np.allclose(graph.values(), [curve.signal_efficiency, curve.background_rejection])
    two = events.class_index < 2
    one = roc_curve(output[two, 0], events.class_index[two] == 0, events.weight[two])
    x, y = folder["MVA_M_Test_1v1rejBvsS_Signal_vs_bg0"].values()
    assert -np.trapezoid(x, y) == pytest.approx(one.area)
    assert {f"CorrelationMatrix{name}" for name in classes} <= names(opened()["datasetmulti"])


def test_a_long_curve_keeps_its_area_in_few_points():
    rng = np.random.default_rng(4)
    signal = rng.random(20000) < 0.5
    curve = roc_curve(rng.normal(size=20000) + signal, signal)
    graph = roc_graph(curve, "t")
    assert len(graph.x) <= POINTS + 1 and (graph.x[0], graph.y[0], graph.x[-1], graph.y[-1]) == (0, 1, 1, 0)
    assert -np.trapezoid(graph.x, graph.y) == pytest.approx(curve.area, abs=1e-5)


def test_the_losses_of_a_training_by_epoch():
    history = {"epoch": [1, 2, 3, 4], "train_loss": [4.0, 3.0, 2.0, 1.0], "valid_loss": [np.nan, 3.5, np.nan, 2.5]}
    found = dict(training_history("m", history))
    train, valid = found["TrainingHistory_m_trainingError"], found["TrainingHistory_m_valError"]
    assert train.contents.tolist() == [4, 3, 2, 1] and train.edges[0].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert valid.contents.tolist() == [3.5, 2.5] and valid.edges[0].tolist() == [0.5, 2.5, 4.5]
    assert dict(training_history("m", {})) == {}


def test_a_real_method_has_history_densities_and_its_own_inputs(in_tmp_path):
    data = loader()
    run(Factory("Job", "out.root", QUIET), data, ("D",), SMALL + ":VarTransform=N:CreateMVAPdfs:NbinsMVAPdf=10")
    file = opened()
    folder, method = file["dataset/Method_DL/D"], tmvalite.load("dataset/weights/Job_D.weights.xml")
    found = names(folder)
    assert {"TrainingHistory_D_trainingError", "TrainingHistory_D_valError", "CorrelationPlots"} <= found
    assert {f"{v}__{c}" for v in "ab" for c in ("Signal", "Background")} <= found
    assert {f"MVA_D_{kind}_{letter}" for kind in ("Proba", "Rarity") for letter in "SB"} <= found
    ends = ("", "_original", "_smoothed", "_smoothed_hist_from_spline2")
    assert {f"DL_tr_{letter}{end}" for letter in "SB" for end in ends} <= found
    test = data.dataset().test
    signal, x = test.class_index == 0, method.chain.apply_variables(test.x)
    inputs = folder["a__Signal"]
    expected = np.histogram(x[signal, 0].astype(float), inputs.axis().edges(), weights=test.weight[signal])[0]
    assert np.allclose(inputs.values(), expected) and inputs.member("fXaxis").member("fTitle") == "a (Norm)"
    proba = method.GetProba(method.GetMvaValues(test.x))
    counts = np.histogram(proba[signal], 40, (0, 1), weights=test.weight[signal])[0]
    assert np.allclose(folder["MVA_D_Proba_S"].values(), counts / counts.sum() * 40)
    rarity = method.GetRarity(method.GetMvaValues(test.x))
    counts = np.histogram(rarity[~signal], 40, (0, 1), weights=test.weight[~signal])[0]
    assert np.allclose(folder["MVA_D_Rarity_B"].values(), counts / counts.sum() * 40)
    assert np.array_equal(file["dataset/TestTree"]["prob_D"].array(library="np"), proba.astype(np.float32))
    fine = folder["DL_tr_B_smoothed_hist_from_spline2"]
    assert np.allclose(fine.values(), method.densities.background.table, rtol=1e-6) and len(fine.values()) == 10000
    assert folder["DL_tr_B"].values().sum() * np.diff(folder["DL_tr_B"].axis().edges())[0] == pytest.approx(1.0)


def test_an_autoencoder_has_deviations_of_what_it_reconstructs(in_tmp_path, monkeypatch):
    monkeypatch.setattr(gConfig().GetVariablePlotting(), "fMaxNumOfAllowedVariablesForScatterPlots", 1)
    data = regression_loader()
    data.AddVariable("b")
    factory = Factory("Job", "out.root", "Silent:!Color:AnalysisType=Regression")
    layout = "Layout=Encoder={DENSE|1|LINEAR}Decoder={DENSE|N|LINEAR}:RandomSeed=1:"
    factory.BookMethod(data, "AE", "E", layout + "TrainingStrategy=LearningRate=1e-2,BatchSize=20,MaxEpochs=1,TestRepetitions=1")
    run(factory, data, ())
    found = names(opened()["datasetreg/Method_AE/E"])
    assert {f"MVA_E{s}_reg_tgt{j}_rtgt{j}" for s in ("train", "test") for j in (0, 1)} <= found
    assert not {"MVA_Etest_reg_tgt0_rtgt1", "MVA_Etest_reg_var0_rtgt0"} & found  # there are more than one now


def test_a_file_that_cannot_be_made_leaves_the_old_one(fake_method, monkeypatch):
    from tmvalite.workflow import output_file

    data = loader()
    factory = run(Factory("Job", "out.root", QUIET), data)
    before = (fake_method / "out.root").read_bytes()
    monkeypatch.setattr(output_file, "event_tree", lambda *_: (_ for _ in ()).throw(RuntimeError("no")))
    with pytest.raises(RuntimeError):
        factory.EvaluateAllMethods()
    assert (fake_method / "out.root").read_bytes() == before


def test_without_roc_no_table_is_printed_and_the_file_is_the_same(fake_method, capsys):
    found = []
    for options in ("", ":!ROC"):
        run(Factory("Job", "out.root", QUIET.replace("Silent", "!Silent") + options), loader(), ("A",))
        found.append((set(opened().keys()), "Evaluation results ranked" in capsys.readouterr().out))
    assert found[0][0] == found[1][0] and (found[0][1], found[1][1]) == (True, False)


def test_without_a_larger_mean_of_the_signal_a_cut_keeps_what_is_below():
    flat = Outputs(np.ones(4), np.ones(4), np.array([True, False, True, False]))
    assert flat.falls()
