"""A name or an argument that nothing has: one sentence with the nearest one, and nothing for names that Python asks for."""

import pytest

import tmvalite as tmva
from tests.workflow.fake import FakeMethod, info_of
from tests.workflow.test_factory import QUIET, loader
from tmvalite import DataLoader, Factory, NotProvidedError, OptionError, Reader, Types


@pytest.fixture
def booked(fake_method):
    factory, data = Factory("Job", QUIET), loader()
    return factory, data, factory.BookMethod(data, Types.kDL, "A")


@pytest.mark.parametrize(
    ("of", "name", "meant"),
    [
        ("factory", "TrainAllMethod", "TrainAllMethods"),
        ("factory", "OptimiseAllMethods", "OptimizeAllMethods"),
        ("loader", "AddVarible", "AddVariable"),
        ("loader", "PrepareTrainingAndTestTrees", "PrepareTrainingAndTestTree"),
        ("reader", "EvaluateMva", "EvaluateMVA"),
        ("method", "GetROCIntegal", "GetROCIntegral"),
        ("method", "is_traind", "is_trained"),
        ("info", "GetNVarables", "GetNVariables"),
        ("module", "Factroy", "Factory"),
        ("module", "CrosValidation", "CrossValidation"),
    ],
)
def test_error_of_a_misspelt_member_names_the_nearest(booked, of, name, meant):
    factory, data, method = booked
    owner = {"reader": Reader("Silent"), "info": data.GetDataSetInfo(), "module": tmva}
    owner |= {"factory": factory, "loader": data, "method": method}
    with pytest.raises(AttributeError) as caught:
        getattr(owner[of], name)
    assert str(caught.value).endswith(f" has no attribute '{name}'; did you mean '{meant}'?")
    assert not hasattr(owner[of], name) and not hasattr(owner[of], "_repr_mimebundle_")


def test_error_of_a_name_that_is_near_to_nothing_is_pythons_own():
    with pytest.raises(AttributeError, match="^'DataLoader' object has no attribute 'qwertz'$"):
        getattr(DataLoader("d"), "qwertz")  # noqa: B009
    with pytest.raises(AttributeError, match="^module 'tmvalite' has no attribute 'qwertz'$"):
        getattr(tmva, "qwertz")  # noqa: B009


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("MethodBDT", "deep learning"),
        ("kDL", "members of Types"),
        ("RReader", "tmvalite.Experimental.RReader"),
        ("VariableImportance", "permutation_importance"),
        ("PDF", "inner tool"),
    ],
)
def test_names_of_tmva_that_are_not_there_say_what_to_use(name, says):
    with pytest.raises(NotProvidedError, match=f"^{name} is not part of tmvalite: .*{says}"):
        getattr(tmva, name)


def test_error_of_arguments_that_a_call_does_not_take(booked):
    factory, data, _ = booked
    with pytest.raises(OptionError) as caught:
        factory.BookMethod(loader=data, methd="DL", methodTitle="B")
    assert str(caught.value) == (
        "BookMethod: missing a required argument: 'theMethodName'\n"
        "  expected BookMethod(loader, theMethodName, methodTitle, theOption)\n"
        "  hint: did you mean 'Method' by 'methd'?"
    )
    with pytest.raises(OptionError, match="GetROCIntegral: got an unexpected keyword argument 'iClas'\n.*\n.*'iClass'"):
        factory.GetROCIntegral(data, "A", iClas=0)


def test_error_of_a_booked_method_that_is_asked_for_a_current_event(booked, in_tmp_path):
    factory, data, method = booked
    with pytest.raises(OptionError, match=r"needs events: a Factory has no current one\n  hint: GetMvaValues\(X\)"):
        method.GetMvaValue()
    fake = FakeMethod()
    fake.info = info_of(["x"])
    fake.save("fake.weights.xml")
    reader = Reader("Silent")
    reader.AddVariable("x")
    assert reader.BookMVA("A", "fake.weights.xml").GetMvaValue([2.0]) == 2.0
