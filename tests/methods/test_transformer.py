"""An autoencoder as a transformer of scikit-learn: the names of its codes."""

import numpy as np
import pytest

from tests.methods.ae_samples import PLAIN, curved
from tmvalite import MethodAE, MethodDL
from tmvalite.errors import NotFittedError


def test_a_transformer_names_what_it_gives():
    frame = pytest.importorskip("pandas").DataFrame(curved()[:300]).add_prefix("x")
    method = MethodAE("Layout=" + PLAIN, MaxEpochs=1, verbose=False).fit(frame)
    names = method.get_feature_names_out()
    assert names.tolist() == [f"methodae{i}" for i in range(method.latent_size)] and names.dtype == object
    assert method.get_feature_names_out(frame.columns).tolist() == names.tolist()
    with pytest.raises(ValueError, match="input_features should have length equal to"):
        method.get_feature_names_out(["x0"])
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        method.get_feature_names_out(frame.columns[::-1])
    with pytest.raises(NotFittedError):
        MethodAE("Layout=" + PLAIN).get_feature_names_out()


def test_only_a_transformer_names_what_it_gives():
    assert not hasattr(MethodDL("Layout=LINEAR"), "get_feature_names_out")


def test_codes_have_their_names_in_a_pipeline():
    pytest.importorskip("sklearn")
    from sklearn.compose import ColumnTransformer

    frame = pytest.importorskip("pandas").DataFrame(curved()[:300]).add_prefix("x")
    method = MethodAE("Layout=" + PLAIN, MaxEpochs=1, RandomSeed=1, verbose=False)
    columns = ColumnTransformer([("code", method, list(frame.columns))], remainder="drop")
    codes = columns.fit_transform(frame)
    assert columns.get_feature_names_out().tolist() == [f"code__methodae{i}" for i in range(codes.shape[1])]
    assert np.isfinite(codes).all()
