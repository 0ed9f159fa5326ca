"""Whole models as C++ classes: transformations, expressions, all getters, NaN, names, what is refused."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import tmvalite as tmva
from tests.cpp.compiled import COMPILERS, FLAGS, NUMBERS, call, compiled, needs_compiler, read
from tests.io.examples import CORPUS, needs_corpus
from tests.io.test_onnx_file import DENSE, NETWORKS, TRAINING, fitted, sample
from tmvalite.cli import main
from tmvalite.cpp import CppClass, CppFunction, cpp_variables, header
from tmvalite.cpp.header import identifier, text_literal
from tmvalite.data.columns import Column
from tmvalite.data.expression import Context, evaluate, parse_expression
from tmvalite.data.info import VariableInfo
from tmvalite.errors import FileError, NotFittedError, OptionError, TmvaliteWarning
from tmvalite.layers.onnx_form import OnnxForms
from tmvalite.models.onnx_export import drawn

TOLERANCE = 1e-6  # of the largest value of a column, or of 1
STRETCHED = 2e-5  # behind the inverse of U or G, which stretches a last digit
WIDE = "Precision=float64"
ENCODER = "Encoder={DENSE|6|TANH,LATENT|2}Decoder={DENSE|6|TANH,DENSE|N|LINEAR}:VarTransform=N"
# name: (method, tolerance)
MODELS = {
    **{
        name.replace(" ", "_"): (lambda o=options, v=variables: fitted(o, v), TOLERANCE)
        for name, (options, variables) in NETWORKS.items()
    },
    **{
        f"chain{i}": (lambda c=chain: fitted(f"VarTransform={c}:{DENSE}"), TOLERANCE)
        for i, chain in enumerate(["N", "S", "D", "P", "U", "G", "N,D,G", "N(_V0_),U(_V1_)", "N_Signal", "I"])
    },
    "targets_N": (lambda: fitted(f"VarTransform=N:{DENSE}", analysis="regression"), TOLERANCE),
    "targets_G": (lambda: fitted(f"VarTransform=G(_T_):{DENSE}", analysis="regression"), STRETCHED),
    "targets_U": (lambda: fitted(f"VarTransform=U:{DENSE}", analysis="regression"), STRETCHED),
    "classes": (lambda: fitted(f"VarTransform=N:{DENSE}", analysis="multiclass"), TOLERANCE),
    "wide": (lambda: fitted(f"{WIDE}:VarTransform=N:{DENSE}"), TOLERANCE),
    "wide_classes": (lambda: fitted(f"{WIDE}:VarTransform=G:{DENSE}", analysis="multiclass"), TOLERANCE),
    "encoder": (lambda: autoencoder(ENCODER), TOLERANCE),
    "categories": (lambda: autoencoder("Encoder={DENSE|6|LINEAR,GUMBEL|2|3}Decoder={DENSE|N|LINEAR}"), TOLERANCE),
}  # fmt: skip


def autoencoder(layout):
    return tmva.MethodAE(f"Layout={layout}:RandomSeed=4:{TRAINING}").fit(sample(4), progress="silent")


def expected(method, x):
    """Name of every getter of the class and what tmvalite has for it, (N, W)."""
    if isinstance(method, tmva.MethodAE):
        found = {"GetMvaValues": method.GetMvaValues(x), "GetCodes": method.encode(x), "GetReconstruction": method.reconstruct(x)}
    elif method.analysis_type == "regression":
        found = {"GetRegressionValues": method.GetRegressionValues(x)}
    elif method.analysis_type == "multiclass":
        found = {"GetMulticlassValues": method.GetMulticlassValues(x)}
    else:
        found = {"GetMvaValues": method.GetMvaValues(x)}
    return {name: np.asarray(values).reshape(len(x), -1) for name, values in found.items()}


def close(found, wanted, tolerance):
    return (np.abs(found - wanted) <= tolerance * np.maximum(1, np.abs(wanted).max(axis=0))).all()


@needs_compiler
def test_models_give_what_tmvalite_gives(tmp_path):
    checks, files, body = [], [], []
    for name, (make, tolerance) in MODELS.items():
        method = make()
        x = sample(method.info.n_variables, 41)
        path = tmp_path / f"{name}.hpp"
        method.set_params(title=name).MakeClass(path)
        files.append(path.name)
        number = NUMBERS[method.network.precision]
        for getter, wanted in expected(method, x).items():
            x.tofile(tmp_path / f"{name}{getter}.x")
            lines = call(name, getter, x, wanted.shape[1], number, name)
            body += [line.replace(f'"{name}.', f'"{name}{getter}.') for line in lines]
            checks.append((name, getter, wanted, tolerance, method.network.precision))
    compiled(tmp_path, files, body)
    for name, getter, wanted, tolerance, precision in checks:
        found = read(tmp_path, f"{name}{getter}", wanted.shape, precision)
        assert close(found, wanted, tolerance), f"{name}, {getter}: {np.abs(found - wanted).max()}"


@needs_compiler
@needs_corpus
def test_published_weight_files(tmp_path):
    checks, files, body = [], [], []
    for number, file in enumerate(CORPUS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TmvaliteWarning)
            try:
                method = tmva.load(file)
            except FileError:  # not a file of a method that tmvalite has
                continue
            name = f"W{number}"
            method.set_params(title=name).MakeClass(tmp_path / f"{name}.hpp")
        x = drawn(np.random.default_rng(1), method.info.variables)[:20]
        files.append(f"{name}.hpp")
        for getter, wanted in expected(method, x).items():
            x.tofile(tmp_path / f"{name}.x")
            body += call(name, getter, x, wanted.shape[1], title=name)
            checks.append((name, file.name, wanted))
    assert len(checks) > 8
    compiled(tmp_path, files, body)
    for name, file, wanted in checks:
        assert close(read(tmp_path, name, wanted.shape), wanted, TOLERANCE), file


@needs_compiler
@pytest.mark.parametrize("compiler", COMPILERS)
def test_one_event_by_the_interface_of_tmva(tmp_path, compiler):
    """Through the base class, with names that C++ cannot have, two classes in one program, and a NaN."""
    method = fitted(f"VarTransform=N:{DENSE}").set_params(title='2 "deep"\\')
    x = sample(4, 3)
    x[2, 1] = np.nan
    method.MakeClass(tmp_path / "A.hpp")
    method.set_params(title="class").MakeClass(tmp_path / "B.hpp")
    x.tofile(tmp_path / "m.x")
    body = [
        'auto x = numbers<float>("m.x"); std::vector<double> y;',
        'Read_2__deep__ first(std::vector<std::string>{"var1", "var2", "var3", "var4"}); Read_class second, third({"a"});',
        "if (!first.IsStatusClean() || !second.IsStatusClean() || third.IsStatusClean()) return 1;",
        "const IClassifierReader* one = &first;",
        "for (auto at = x.begin(); at != x.end(); at += 4) y.push_back(one->GetMvaValue(std::vector<double>(at, at + 4)));",
        "try { one->GetMvaValue({1.0}); return 2; }",
        'catch (const std::invalid_argument& e) { if (std::string(e.what()) != "expected 4 values, not 1") return 3; }',
        'write("m.y", y);',
    ]
    compiled(tmp_path, ["A.hpp", "B.hpp"], body, compiler, flags=[*FLAGS, "-O2"])
    found = read(tmp_path, "m", (3,), "float64")
    assert np.allclose(found[:2], method.GetMvaValues(x[:2]), rtol=0, atol=TOLERANCE) and np.isnan(found[2])


# ---- expressions

VALUES = [(0.5, -3.25, 7.0), (-2.0, 0.0, 3.0), (1e3, -0.75, -1.5), (0.0, 2.0, 0.25), (31.0, 6.0, 2.0)]
EXPRESSIONS = """
a+b*c a/b a-b-c a*b/c a^2+b^3 -a^2 a**b*0+1 a%3 int(a)%int(c) a&3 a|4 a<<2 a>>1 a<b a<=b&&b>c||!c a==b?c:-c a!=0
abs(a-b) sqrt(abs(a)) exp(a) log(a) log10(a) TMath::Log(b*b+1) TMath::Power(abs(a),0.3) TMath::Max(a,b) TMath::Min(a,c)
atan2(a,b) TMath::ATan2(a,b) TMath::Sq(a) TMath::Pi()*a pi*b sin(a)+cos(b)*tan(c) sinh(b) tanh(c) asin(b) acos(b) atan(c)
TMath::Gaus(b) TMath::Gaus(b,1,2,1) TMath::BreitWigner(b,1,2) TMath::Freq(b) TMath::Erf(b) TMath::Nint(b) TMath::Range(-1,1,b)
min(a,b) max(b,c) TMath::Abs(b) round(b) floor(b) ceil(b) TVector2::Phi_mpi_pi(a) TVector2::Phi_0_2pi(b) int(b) sign(b)
fmod(a,3) hypot(a,b) (int)c TMath::CauchyDist(b,0,2) TMath::LaplaceDist(b) v[2]+a*v[0]
TMath::Sqrt2()*b isnan(a) std::pow(abs(c),1.5) `b-tag`*2
""".split()


@needs_compiler
def test_expressions_mean_what_tmvalite_computes(tmp_path):
    variables = [VariableInfo(f"{text}", f"x{i}", f"x{i}") for i, text in enumerate(EXPRESSIONS)]
    made = cpp_variables(variables)
    given = np.array(VALUES)
    names = {"a": given[:, 0], "b": given[:, 1], "c": given[:, 2], "b-tag": given[:, 1], "v[0]": given[:, 0], "v[2]": given[:, 2]}
    assert set(made.branches) == set(names)
    columns = {name: Column(values) for name, values in names.items() if "[" not in name}
    columns["v"] = Column(given)
    np.stack([names[one] for one in made.branches], axis=1).tofile(tmp_path / "e.x")
    nothing = CppFunction(OnnxForms(), "evaluate", {"events": (1,)}, (("events", "Values", 1),))
    (tmp_path / "e.hpp").write_text(header(CppClass("E", (), made, (nothing,), None)))
    body = [
        f'auto x = numbers<double>("e.x"); std::vector<double> y; const std::size_t n = {len(made.branches)};',
        "for (auto at = x.begin(); at != x.end(); at += n) {",
        "  const auto one = ReadE::Variables(std::vector<double>(at, at + n)); y.insert(y.end(), one.begin(), one.end()); }",
        'write("e.y", y);',
    ]
    compiled(tmp_path, ["e.hpp"], body)
    found = read(tmp_path, "e", (len(VALUES), len(EXPRESSIONS)), "float64")
    for i, text in enumerate(EXPRESSIONS):
        wanted = evaluate(parse_expression(text), columns, Context(len(VALUES))).values
        assert np.allclose(found[:, i], wanted, rtol=1e-13, atol=1e-13, equal_nan=True), (text, found[:, i], wanted)


@pytest.mark.parametrize("text", ["Sum$(v)", "v[i]", "rndm", "Entry$", "TMath::BesselJ0(a)", "@v.size()"])
def test_error_of_an_expression_without_a_form(text):
    with pytest.raises(OptionError, match="has no form in C\\+\\+\n") as caught:
        cpp_variables([VariableInfo("a"), VariableInfo(text)])
    assert caught.value.code == "cpp-expression" and "^" in str(caught.value)


def test_error_of_an_operator_without_a_form():
    forms = OnnxForms(scope="layer")
    function = CppFunction(forms, "evaluate", {"events": (1,)}, ((forms.node("Loop", "events"), "Values", 1),))
    with pytest.raises(OptionError, match="'layer' needs the operator Loop, which has no form in C\\+\\+") as caught:
        header(CppClass("E", (), cpp_variables([]), (function,), None))
    assert caught.value.code == "cpp-operator"


def test_nothing_is_written_before_training(in_tmp_path):
    with pytest.raises(NotFittedError):
        tmva.MethodDL(DENSE).MakeClass("a.hpp")
    assert not list(in_tmp_path.iterdir())


def test_the_file_has_the_name_of_the_method(in_tmp_path):
    fitted(DENSE).set_params(title="mine").MakeClass()
    assert [path.name for path in in_tmp_path.iterdir()] == ["mine.class.hpp"]


def test_names_and_texts_of_cpp():
    assert [identifier(one) for one in ("DNN 1", "2d", "class", "", "\u00e9")] == ["DNN_1", "_2d", "_class", "_", "_"]
    assert text_literal('a"\\\u00e9\n') == '"a\\"\\\\\\303\\251\\012"'


def test_the_verb_writes_what_the_ending_says(in_tmp_path, capsys):
    fitted(DENSE).save("a.weights.xml")
    assert main(["export", "a.weights.xml", "a.hpp", "--name", "mine"]) == 0
    assert main(["export", "a.weights.xml", "a.onnx"]) == 0
    assert capsys.readouterr().out == "a.hpp: C++ class of mine\na.onnx: ONNX model of DL, for onnxruntime\n"
    assert "class Readmine " in Path("a.hpp").read_text("utf-8") and Path("a.onnx").stat().st_size > 0
    assert main(["export", "a.weights.xml", "a.txt"]) == 2
    assert "expected a name that ends in .hpp, .hh, .h or .onnx" in capsys.readouterr().err


def test_a_booked_method_writes_it_beside_its_weight_file(in_tmp_path):
    fitted(DENSE).save("weights.xml")
    fitted(DENSE).save("job_DNN.weights.xml")
    for file, written in (("job_DNN.weights.xml", "job_DNN.class.hpp"), ("weights.xml", "weights.xml.class.hpp")):
        reader = tmva.Reader()
        for i in range(4):
            reader.AddVariable(f"var{i + 1}")
        reader.BookMVA("DNN", file).MakeClass()
        assert Path(written).exists()
