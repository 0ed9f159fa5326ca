"""Pictures: they are Figures with labels on every axis, show what they were given, and cover nothing."""

import io
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from tests.compression.fake import FakeAE
from tmvalite.errors import DataError
from tmvalite.evaluation.compression import compare_column
from tmvalite.evaluation.peak import compare_peaks
from tmvalite.plots import (
    column_figure,
    deviation_figure,
    latent_figure,
    latent_grid_figure,
    loss_figure,
    peak_figure,
    reconstruction_figure,
)


class Images(FakeAE):
    def reconstruct(self, x):
        return self.decode(self.encode(x))


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return (rng.uniform(size=(50, 2)) @ rng.uniform(size=(2, 96))).reshape(50, 12, 8)


@pytest.fixture(scope="module")
def model(images):
    return Images.fit([f"var{i + 1}" for i in range(96)], images, 2)


def check(figure):
    """It can be drawn, and everything visible lies inside."""
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    assert len(file.getvalue()) > 2000
    for ax in figure.axes:
        if ax.get_visible():
            box = ax.get_tightbbox()
            assert box.x0 > -2 and box.y0 > -2 and box.x1 < figure.bbox.x1 + 2 and box.y1 < figure.bbox.y1 + 2
    return figure


def test_the_mosaic_shows_the_decoder_at_its_grid(model):
    figure = check(latent_grid_figure(model, steps=5, limits=(-2.0, 2.0), shape=(12, 8), title="grid"))
    (ax,) = figure.axes
    picture = ax.images[0].get_array()
    corner = np.asarray(picture[:12, :8])  # at the top left: the smallest of z1, the largest of z2
    np.testing.assert_allclose(corner, model.decode(np.array([[-2.0, 2.0]]))[0].reshape(12, 8), rtol=1e-6)
    assert ax.get_xlabel() == "latent variable $z_{1}$" and ax.get_ylabel() == "latent variable $z_{2}$"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["-2", "-1", "0", "1", "2"]


def test_the_grid_can_follow_the_prior_and_other_dimensions(model):
    three = FakeAE([v.label for v in model.info.variables], model.mean, model.scale, np.ones((3, 96)) / 10.0)
    check(latent_grid_figure(three, dims=(2, 0), n_latent=3, steps=4, quantiles=True, at=[0.0, 1.0, 0.0], shape=(3, 4, 8)))


def test_a_table_becomes_maps_of_its_variables():
    table = FakeAE(["pt", "eta"], [50.0, 0.0], [10.0, 1.0], np.eye(2))
    figure = check(latent_grid_figure(table, steps=6))
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["pt", "eta"]


def test_reconstructions_stand_below_their_originals(model, images):
    figure = check(reconstruction_figure(model, images, count=4, title="images"))
    drawn = [ax for ax in figure.axes if ax.images and ax.get_label() != "<colorbar>"]
    assert len(drawn) == 12 and [ax.get_ylabel() for ax in drawn if ax.get_ylabel()] == [
        "original",
        "reconstruction",
        "difference",
    ]
    np.testing.assert_allclose(drawn[1].images[0].get_array(), images[1])
    again = model.reconstruct(images[1:2].reshape(1, -1))
    np.testing.assert_allclose(drawn[5].images[0].get_array().ravel(), again[0])


def test_colour_images_have_their_channels(model, images):
    flat = images.reshape(50, 96)
    check(reconstruction_figure(model, flat, shape=(3, 4, 8), count=2))


@pytest.mark.parametrize("q", [1, 2, 4])
def test_codes_with_their_prior(q):
    codes = np.random.default_rng(1).normal(size=(300, q))
    figure = check(latent_figure(codes, title="codes"))
    assert sum(ax.get_visible() and bool(ax.collections) for ax in figure.axes) == q * (q - 1) // 2
    curve = next(line for ax in figure.axes for line in ax.lines)
    assert curve.get_ydata().max() == pytest.approx(1.0 / np.sqrt(2.0 * np.pi), rel=1e-3)


def test_codes_of_classes_and_a_flat_prior():
    codes = np.random.default_rng(1).uniform(-1.0, 3.0, size=(300, 2))
    figure = check(latent_figure(codes, labels=np.resize(["top", "other"], 300), prior="UNIFORM|-1|3"))
    texts = [text.get_text() for ax in figure.axes for legend in [ax.get_legend()] if legend for text in legend.get_texts()]
    assert texts == ["other", "top", "prior"]
    check(latent_figure(codes, prior=None))


HISTORY = {
    "epoch": [1, 2, 3],
    "train_loss": [30.0, 20.0, 10.0],
    "valid_loss": [None, 21.0, 12.0],
    "phase": ["a", "a", "b"],
    "reconstruction": [25.0, 15.0, 6.0],
    "kl": [5.0, 5.0, 4.0],
    "valid_kl": [5.0, 5.0, 4.5],
    "penalty": [0.0, 0.0, 0.0],
    "latent_mean": [0.1, 0.0, 0.0],
    "learning_rate": [1e-3] * 3,
}


def test_losses_with_their_parts():
    figure = check(loss_figure(HISTORY, floor=5.545))
    top, below = figure.axes
    assert [t.get_text() for t in top.get_legend().get_texts()] == [
        "total",
        "total, validation",
        "reconstruction",
        "KL",
        "KL, validation",
        "lowest possible, 5.54",
    ]
    assert top.get_ylabel() == "loss [nats per event]" and below.get_xlabel() == "epoch"
    np.testing.assert_array_equal(top.lines[1].get_xdata(), [2, 3])
    assert top.get_yscale() == "linear"


def test_a_trace_of_iterations_on_a_logarithmic_axis():
    figure = check(loss_figure({"iteration": [50, 100], "reconstruction": [200.0, 5.0]}))
    assert figure.axes[0].get_xlabel() == "iteration" and figure.axes[0].get_yscale() == "log"


def tables():
    rng = np.random.default_rng(5)
    before = {"pt": rng.exponential(20.0, 400), "n": rng.integers(0, 30, 400), "eta": rng.normal(size=400)}
    return before, {name: x + (1 if x.dtype.kind == "i" else 0.1) for name, x in before.items()}


def test_columns_before_and_after():
    figure = check(column_figure(*tables(), units={"pt": "GeV"}, title="columns"))
    assert [ax.get_xlabel() for ax in figure.axes if ax.get_visible()] == ["pt [GeV]", "n", "eta"]


@pytest.mark.parametrize("quantity, label", [("residual", "pt [GeV]"), ("response", "pt [%]")])
def test_deviations_with_their_numbers(quantity, label):
    before, after = tables()
    comparisons = [compare_column(name, before[name], after[name]) for name in before]
    figure = check(deviation_figure(comparisons, quantity=quantity, units={"pt": "GeV"}))
    assert figure.axes[0].get_xlabel() == label
    if quantity == "residual":
        assert figure.axes[1].texts[0].get_text() == "mean 1\nRMS 0\noutside 0"


def test_a_peak_before_and_after():
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(173.0, 5.5, 2000), rng.uniform(100.0, 225.0, 2000)])
    figure = check(peak_figure(compare_peaks("m(jj)", x, x + rng.normal(0.0, 4.0, 4000)), title="toy"))
    assert [ax.get_xlabel() for ax in figure.axes] == ["m(jj) [GeV]"] * 2
    assert figure.axes[0].get_ylabel() == "entries / 1.88 GeV" and "mass" in figure.axes[1].texts[0].get_text()


def test_importing_the_pictures_loads_no_matplotlib():
    code = "import sys, tmvalite.plots, tmvalite.plots.grid, tmvalite.plots.peak_fit; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_drawing_touches_no_global_state(model, images):
    code = (
        "import sys, numpy as np; from tmvalite.plots import latent_figure; "
        "latent_figure(np.zeros((3, 2)) + np.arange(3)[:, None]); print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_error_of_pictures_of_nothing(model, images):
    for call, text in (
        (lambda: latent_grid_figure(model, dims=(0, 2)), "(0, 2) are no two of 2 latent variables\n  expected 0 ... 1"),
        (lambda: latent_grid_figure(model, shape=(5, 5)), "an event of 96 values is no image of the shape (5, 5)"),
        (lambda: reconstruction_figure(model, images.reshape(50, 96)), "events of 96 values are no images"),
        (lambda: latent_figure(np.zeros(3)), "the codes have the shape (3,)\n  expected (events, latent variables)"),
        (lambda: latent_figure(np.ones((3, 2)), prior="CAUCHY"), "'CAUCHY' is no prior"),
        (lambda: latent_figure(np.ones((9, 2)), labels=np.arange(9)), "(9,) labels of 9 classes do not fit 9 codes"),
        (lambda: loss_figure({"epoch": [1]}), "the history has no losses\n  expected columns such as train_loss and valid_loss"),
        (lambda: column_figure({"a": np.ones(3)}, {}), "there is no column 'a' before and after"),
        (lambda: deviation_figure([]), "no residual to show"),
    ):
        with pytest.raises(DataError) as caught:
            call()
        assert str(caught.value).startswith(text)
