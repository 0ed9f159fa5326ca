"""A trained network is a value: a copy made of arrays and names gives the same bits and the same file."""

import copy

import numpy as np
import pytest

from tests.methods import test_ae_file, test_dl_file
from tests.methods.ae_samples import curved
from tests.methods.samples import line, options, three_classes, two_classes
from tmvalite.errors import Diagnostics
from tmvalite.io.weights_xml import write_weights
from tmvalite.methods import MethodDL
from tmvalite.models.blueprint import blueprint
from tmvalite.models.booking import unnamed
from tmvalite.models.file import weight_file

pytestmark = pytest.mark.filterwarnings("ignore::tmvalite.errors.TmvaliteWarning")  # short trainings that may not improve


def same_file(a, b, tmp_path):
    for name, trained in (("a", a), ("b", b)):
        write_weights(tmp_path / name, weight_file("NN", trained))
    return (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("case", test_dl_file.CASES)
def test_a_copied_network_of_method_dl_has_the_same_bits(case, tmp_path):
    trained = test_dl_file.CASES[case]()._model
    again = copy.deepcopy(trained)
    X = {"regression": line, "multiclass": three_classes}.get(case, two_classes)()[0]
    assert again.network is not trained.network and (again.direct, again.fast) == (trained.direct, trained.fast)
    assert np.array_equal(again.mva(X), trained.mva(X)) and np.array_equal(again.targets(X), trained.targets(X))
    assert same_file(trained, again, tmp_path)


@pytest.mark.parametrize("case", test_ae_file.CASES)
def test_a_copied_autoencoder_has_the_same_bits(case, tmp_path):
    trained = test_ae_file.CASES[case]()._model
    again = copy.deepcopy(trained)
    codes = trained.encode(curved())
    assert np.array_equal(again.encode(curved()), codes) and np.array_equal(again.decode(codes), trained.decode(codes))
    assert (again.latent, again.prior, again.sigma) == (trained.latent, trained.prior, trained.sigma)
    assert same_file(trained, again, tmp_path)


def test_a_network_of_many_layers_travels():
    deep = ",".join(["DENSE|2|TANH"] * 300)
    method = MethodDL(options(1, layout=f"{deep},LINEAR")).fit(*two_classes(), progress="silent")
    again = copy.deepcopy(method)
    assert np.array_equal(again.GetMvaValues(two_classes()[0]), method.GetMvaValues(two_classes()[0]))
    assert str(again) == str(method)


def test_a_copied_blueprint_makes_the_same_network():
    method = MethodDL("InputLayout=a=2,b=1:Layout=p=DENSE|4|TANH@a,q=DENSE|4|TANH@b,r=ADD@p+q,CONCAT@r+input,LINEAR")
    made = blueprint(method.booking, unnamed(3), Diagnostics())
    again = copy.deepcopy(made)
    nodes = [[(n.name, n.layer, n.shape, [v.name for v in n.inputs], n.place) for n in one.graph.nodes] for one in (made, again)]
    assert nodes[0] == nodes[1] and again.graph.event.name == "input" and again.graph.nodes[0] is not made.graph.nodes[0]
    assert again.graph.nodes[2].inputs[0].producer is again.graph.nodes[0]
