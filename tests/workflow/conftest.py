"""The fake method in place of the real one: these tests are about the workflow around it."""

import pytest

from tests.workflow import fake


@pytest.fixture
def fake_method(monkeypatch, in_tmp_path):
    """An empty working folder, Types.kDL booked as FakeMethod, and its files read back by `load`."""
    import tmvalite.methods
    from tmvalite.workflow import method_booking
    from tmvalite.workflow.types import EMVA

    monkeypatch.setitem(method_booking.REGISTRY, EMVA.kDL, fake.FakeMethod)
    monkeypatch.setitem(method_booking.REGISTRY, EMVA.kDNN, fake.FakeMethod)
    monkeypatch.setattr(tmvalite.methods, "load", fake.load, raising=False)
    return in_tmp_path
