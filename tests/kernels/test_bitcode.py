"""Bitcode made ahead: it is used where it fits, gives the same bits, and is never believed where it does not."""

import pytest

from tmvalite.kernels import combine
from tmvalite.kernels.jit import code, folders, machine, store
from tmvalite.kernels.jit.compiled import ALL
from tmvalite.kernels.jit.translate import portable
from tmvalite.training.every_kernel import every_kernel


@pytest.fixture
def bitcode(tmp_path, monkeypatch):
    """A store with one kernel."""
    monkeypatch.setattr(store, "FOLDER", tmp_path / "bitcode")
    store._opened.cache_clear()
    kernel = combine.store_values
    path = store.write("float64", {kernel.name: portable(kernel.module("float64"))})
    yield kernel, path
    store._opened.cache_clear()


def test_code_of_bitcode_is_the_code_that_is_compiled(bitcode, monkeypatch):
    kernel, _ = bitcode
    compiled = machine.emit_bitcode(kernel.module("float64").as_bitcode())
    monkeypatch.setattr(type(kernel), "module", lambda *_: pytest.fail("compiled"))
    assert store.fits("float64") and kernel.name in store.names("float64")
    assert code._made(kernel, "float64") == compiled


def test_the_same_sources_give_the_same_bytes(bitcode):
    kernel, path = bitcode
    before = path.read_bytes()
    assert store.write("float64", {kernel.name: portable(kernel.module("float64"))}).read_bytes() == before


@pytest.mark.parametrize("what", ["sources", "precision", "kernel"])
def test_bitcode_that_does_not_fit_is_not_used(bitcode, monkeypatch, what):
    kernel, path = bitcode
    if what == "sources":
        path.write_bytes(b"0" * 24 + path.read_bytes()[24:])
    name, precision = ("another" if what == "kernel" else kernel.name), ("float32" if what == "precision" else "float64")
    assert store.bitcode_of(name, precision) is None
    assert not (what == "sources" and store.fits("float64"))


@pytest.mark.parametrize("place", [30, 200, -20])
def test_damaged_bitcode_is_compiled_with_a_warning(bitcode, place):
    kernel, path = bitcode
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)
    with pytest.warns(RuntimeWarning, match="cannot be read|damaged"):
        assert store.bitcode_of(kernel.name, "float64") is None


def test_a_damaged_kernel_in_whole_bitcode_is_compiled_with_a_warning(bitcode, monkeypatch):
    kernel, path = bitcode
    places, body = store._opened("float64")
    with monkeypatch.context() as patch, pytest.warns(RuntimeWarning, match="damaged"):
        patch.setattr(store, "_opened", lambda _: (places, body[:-1] + b"\1"))
        assert store.bitcode_of(kernel.name, "float64") is None


def test_every_kernel_is_known_under_a_name_of_its_own():
    kernels = every_kernel()
    names = [kernel.name for kernel in kernels]
    assert {"execute.execute", "product_tiles.product_piece", "product.product_forward"} < set(names)
    assert len(set(names)) == len([k for k in ALL if k.function.__module__.startswith("tmvalite.")]) == len(names)
    assert len({kernel.symbol(32) for kernel in kernels}) == len(names)


def test_the_key_is_of_all_that_code_depends_on():
    assert not any("jit" not in path.parts for path in folders._NOT_CODE)
    assert all(path.exists() for path in folders._NOT_CODE)
    assert folders._hash("a") != folders._hash("b")


def test_the_bitcode_of_this_checkout_gives_the_machine_code_of_compiled_kernels(monkeypatch):
    if not store.fits("float32"):
        pytest.skip("no bitcode of these sources: python -m tmvalite.training.bitcode")
    kernels = [kernel for kernel in every_kernel() if kernel.name in ("combine.store_values", "product_tiles.product_dots")]
    ahead = [code._made(kernel, "float32") for kernel in kernels]
    monkeypatch.setattr(store, "bitcode_of", lambda *_: None)
    assert [code._made(kernel, "float32") for kernel in kernels] == ahead
