"""Autoencoders on tables and images: posterior collapse, distribution of the code, Baler's layouts, a published string."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT / "examples") not in sys.path:
    sys.path.append(str(ROOT / "examples"))  # the examples are scripts, not a package

# ------------------------------------------------------------------------------------------- collapse


def collapse(shared: Path | None, seeds: int) -> list[dict]:
    """Active units of variational autoencoders with default settings: squares, and Higgs variables as they are and by N.

    A latent variable is active if its mean code varies by more than 0.01 over the sample.
    """
    import anomaly_higgs
    from toys import squares

    if shared is not None:
        table, name = np.exp(anomaly_higgs.read(shared / "data" / "Higgs_data.root")[1][:6000]), "Higgs background"
    else:
        table, name = np.exp(anomaly_higgs.toy_events(6000, False, 1)), "toy table"
    images = np.tile(squares().reshape(256, 576), (25, 1))
    rows = []
    for seed in range(1, seeds + 1):
        rows.append(
            {
                "data": "squares",
                **_active(
                    images,
                    "Layout=Encoder={DENSE|256|RELU,LATENT|2}Decoder={DENSE|256|RELU,DENSE|N|LINEAR}:ErrorStrategy=CROSSENTROPY",
                    seed,
                ),
            }
        )
        for transformation in ("None", "N"):
            layout = "Layout=Encoder={DENSE|64|TANH,LATENT|3}Decoder={DENSE|64|TANH,DENSE|N|LINEAR}"
            rows.append(
                {"data": name, "VarTransform": transformation, **_active(table, f"{layout}:VarTransform={transformation}", seed)}
            )
    return rows


def _active(x, booking: str, seed: int, epochs: int = 10) -> dict:
    import tmvalite

    strategy = f"TrainingStrategy=LearningRate=1e-3,BatchSize=30,TestRepetitions=7,MaxEpochs={epochs},ConvergenceSteps={epochs}"
    method = tmvalite.MethodAE(f"!V:{booking}:{strategy}:RandomSeed={seed}").fit(x, progress="silent")
    codes, history = method.encode(x), method.history
    return {
        "seed": seed,
        "active units": int(np.sum(codes.var(axis=0) > 0.01)),
        "of": codes.shape[1],
        "KL": round(float(history["valid_kl"][-1]), 3),
        "reconstruction": round(float(history["valid_reconstruction"][-1]), 3),
    }


# ------------------------------------------------------------------------------------------- distribution of the code

CODE = 2
DENSE = "Encoder={DENSE|64|RELU,DENSE|64|RELU,DENSE|2|LINEAR}Decoder={DENSE|64|RELU,DENSE|64|RELU,DENSE|N|LINEAR}"
IMAGES = (
    "Encoder={CONV|8|3|3|2|2|SAME|RELU,CONV|16|3|3|2|2|SAME|RELU,RESHAPE|FLAT,DENSE|64|RELU,DENSE|2|LINEAR}"
    "Decoder={DENSE|64|RELU,DENSE|144|RELU,RESHAPE|16|3|3,TRANSCONV|8|3|3|2|2|1|1|1|1|RELU,TRANSCONV|1|3|3|2|2|1|1|1|1|LINEAR}"
)
KINDS = {
    "AE": "",
    "WAE (MMD)": ":LatentLoss=MMD:KLWeight=10",
    "SWAE": ":LatentLoss=SWD:KLWeight=10",
    "AAE": "Discriminator={DENSE|64|RELU,DENSE|64|RELU,DENSE|1|LINEAR}:LatentLoss=ADV",
    "AE, weight 0": ":LatentLoss=MMD:KLWeight=0",
}


def surface(count: int, seed: int) -> np.ndarray:
    """A curved surface over two normal numbers, in ten dimensions, with noise (count, 10): a normal code of two can hold it."""
    rng = np.random.default_rng([seed, 77])
    a, b = rng.normal(size=(2, count))
    x = np.stack([a, b, a + b, a - b, np.sin(a), np.sin(b), np.tanh(a * b), np.cos(a), np.cos(b), np.tanh(a)], axis=1)
    return (x + 0.1 * rng.normal(size=x.shape)).astype(np.float32)


def blobs(count: int, seed: int, size: int = 12) -> np.ndarray:
    """Images (count, size * size) of a round blob whose centre is normally distributed, with noise."""
    rng = np.random.default_rng([seed, 78])
    at, centre = np.arange(size), (size - 1) / 2 + 1.5 * rng.normal(size=(2, count, 1))
    along = np.exp(-0.5 * ((at - centre) / 1.5) ** 2)
    images = along[0][:, :, None] * along[1][:, None, :]
    return (images + 0.02 * rng.normal(size=images.shape)).reshape(count, -1).astype(np.float32)


# events, layout and what else is booked
LATENT_STUDIES = {
    "dense": (surface, f"VarTransform=N:Layout={DENSE}"),
    "convolutional": (blobs, f"InputLayout=1|12|12:Layout={IMAGES}"),
}


def latent_distributions(seeds: int, network: str, epochs: int = 60, count: int = 10_000) -> list[dict]:
    """Codes of fresh events against the prior: permutation tests of MMD and of the sliced distance, largest distance of the
    distribution functions of one code number, accuracy of a discriminator, reconstruction relative to the plain autoencoder.

    network : one of LATENT_STUDIES
    """
    import tmvalite

    make, layout = LATENT_STUDIES[network]
    rows = []
    for seed in range(1, seeds + 1):
        train, fresh, plain = make(count, seed), make(1000, 100 + seed), None
        for name, booking in KINDS.items():
            method = tmvalite.MethodAE(
                f"!V:{layout}{booking}:WeightInitialization=HE:TrainingStrategy=LearningRate=1e-3,ADAM_beta1=0.5,"
                f"LearningRateSchedule=COSINE,BatchSize=200,TestRepetitions=7,MaxEpochs={epochs},ConvergenceSteps={epochs}:RandomSeed={seed}"
            ).fit(train, progress="silent")
            fresh_codes = method.encode(fresh)
            codes = np.asarray(fresh_codes, float)
            prior = np.random.default_rng([seed, 5]).normal(size=codes.shape)
            error = float(np.mean((method.reconstruct(fresh) - fresh) ** 2))
            plain = error if plain is None else plain
            row = {
                "network": network,
                "name": name,
                "seed": seed,
                "error": round(error, 6),
                "over plain": round(error / plain, 3),
                "distance of distribution functions": round(max(kolmogorov(codes[:, i]) for i in range(CODE)), 3),
                "MMD p-value": permutation(mmd, codes, prior, seed),
                "SWD p-value": permutation(swd, codes, prior, seed),
            }
            if name == "AAE":
                sure = np.concatenate(
                    [method.discriminate(prior.astype(np.float32)) > 0.5, method.discriminate(fresh_codes) <= 0.5]
                )
                row["accuracy of the discriminator"] = round(float(np.mean(sure)), 3)
            row["passes"] = bool(_follows_prior(name, row, error, plain))
            rows.append(row)
    return rows


def _follows_prior(name: str, row: dict, error: float, plain: float) -> bool:
    if name == "WAE (MMD)":
        return row["MMD p-value"] > 0.05
    if name == "SWAE":
        return row["SWD p-value"] > 0.05
    if name == "AAE":
        fooled = abs(row["accuracy of the discriminator"] - 0.5) <= 0.1
        return row["distance of distribution functions"] < 0.1 and error <= 1.2 * plain and fooled
    return name != "AE, weight 0" or error == plain


def kolmogorov(values: np.ndarray) -> float:
    """Largest distance of the empirical distribution function from that of N(0, 1)."""
    from math import erf

    x = np.sort(values)
    exact = np.array([0.5 * (1 + erf(v / np.sqrt(2))) for v in x])
    n = len(x)
    return float(max(np.max(np.arange(1, n + 1) / n - exact), np.max(exact - np.arange(n) / n)))


def kernel_matrix(z: np.ndarray) -> np.ndarray:
    """C / (C + |z - z'|^2) with C = 2 Q (N, N)."""
    square = np.sum(z**2, axis=1)
    return 2 * CODE / (2 * CODE + np.maximum(square[:, None] + square - 2 * z @ z.T, 0.0))


def mmd(z: np.ndarray):
    """statistic(first): the unbiased MMD^2 of the events chosen by a mask (N,) of z and of the others."""
    kernel = kernel_matrix(z)
    np.fill_diagonal(kernel, 0.0)

    def statistic(first):
        a, b = kernel[first][:, first], kernel[~first][:, ~first]
        n, m = len(a), len(b)
        return a.sum() / (n * (n - 1)) + b.sum() / (m * (m - 1)) - 2 * kernel[first][:, ~first].mean()

    return statistic


def swd(z: np.ndarray, projections: int = 50):
    """statistic(first): the sliced squared distance of the events chosen by a mask of z and of the others."""
    axes = np.random.default_rng(3).normal(size=(CODE, projections))
    shadow = z @ (axes / np.linalg.norm(axes, axis=0))
    return lambda first: np.mean((np.sort(shadow[first], axis=0) - np.sort(shadow[~first], axis=0)) ** 2)


def permutation(make, codes, prior, seed: int, times: int = 200) -> float:
    """Part of the random relabellings of codes and prior with a statistic at least as large."""
    rng = np.random.default_rng([seed, 9])
    statistic = make(np.concatenate([codes, prior]))
    first = np.arange(2 * len(codes)) < len(codes)
    observed = statistic(first)
    return float(np.mean([statistic(rng.permutation(first)) >= observed for _ in range(times)]))


# ------------------------------------------------------------------------------------------- Baler's layouts

DENSE_AE = (
    "Encoder={{DENSE|200|LEAKYRELU,DENSE|100|LEAKYRELU,DENSE|50|LEAKYRELU,DENSE|{code}|LINEAR}}"
    "Decoder={{DENSE|50|LEAKYRELU,DENSE|100|LEAKYRELU,DENSE|200|LEAKYRELU,DENSE|N|LINEAR}}"
)
BALER = {  # InputLayout, Layout, parameters
    "AE": ("1|1|24", DENSE_AE.format(code=15), 61_839),
    "CFD_dense_AE": ("1|1|2500", DENSE_AE.format(code=25), 1_055_725),
    "PJ_Conv_AE": (
        "1|28|28",
        "Encoder={CONV|20|5|5|2|2|SAME|LEAKYRELU,CONV|50|5|5|2|2|SAME|LINEAR,RESHAPE|FLAT,DENSE|500|LINEAR,"
        "DENSE|10|LINEAR}Decoder={DENSE|500|LEAKYRELU,DENSE|2450|LINEAR,RESHAPE|50|7|7,"
        "TRANSCONV|20|5|5|2|2|2|2|1|1|LINEAR,TRANSCONV|1|5|5|2|2|2|2|1|1|LEAKYRELU}",
        None,
    ),
    "PJ_Conv_AE, 50 x 50": (
        "1|50|50",
        "Encoder={CONV|20|5|5|2|2|SAME|LEAKYRELU,CONV|50|5|5|2|2|SAME|LINEAR,RESHAPE|FLAT,"
        "DENSE|500|LINEAR,DENSE|25|LINEAR}Decoder={DENSE|500|LEAKYRELU,DENSE|8450|LINEAR,RESHAPE|50|13|13,"
        "TRANSCONV|20|5|5|2|2|2|2|0|0|LINEAR,TRANSCONV|1|5|5|2|2|2|2|1|1|LEAKYRELU}",
        None,
    ),
    "Conv_AE": (
        "1|50|50",
        "Encoder={CONV|8|2|5|1|1|1|1|RELU,CONV|16|3|3|1|1|1|1|LINEAR,BNORM,ACT|RELU,CONV|32|3|3|1|1|0|0|RELU,"
        "RESHAPE|FLAT,DENSE|2000|RELU,DENSE|250|RELU}Decoder={DENSE|2000|RELU,DENSE|72128|RELU,RESHAPE|32|49|46,"
        "TRANSCONV|16|3|3|1|1|0|0|LINEAR,BNORM,ACT|RELU,TRANSCONV|8|3|3|1|1|1|1|LINEAR,BNORM,ACT|RELU,"
        "TRANSCONV|1|2|5|1|1|1|1|LINEAR}",
        None,
    ),
    "FPGA_prototype_model": (
        "1|1|24",
        "Encoder={DENSE|20|RELU,DENSE|10|RELU,DENSE|15|LINEAR}Decoder={DENSE|10|RELU,DENSE|20|RELU,DENSE|N|LINEAR}",
        None,
    ),
}


def booked(name: str, epochs: int, seed: int = 1, batch: int = 15):
    """One of BALER as a method."""
    import tmvalite

    shape, layout, _ = BALER[name]
    return tmvalite.MethodAE(
        f"!V:ErrorStrategy=SUMOFSQUARES:InputLayout={shape}:Layout={layout}:WeightInitialization=GLOROTUNIFORM:RandomSeed={seed}:"
        f"TrainingStrategy=LearningRate=1e-3,BatchSize={batch},TestRepetitions=7,MaxEpochs={epochs},ConvergenceSteps={epochs}:"
        "ValidationSize=6:Threads=1"
    )


def cfd_frames(shared: Path | None) -> np.ndarray:
    """Baler's animation as events (60, 2500) float32 in [0, 1]; made-up waves where the file is not there."""
    if shared is None:
        rows, columns = np.meshgrid(np.linspace(0, 6, 50), np.linspace(0, 6, 50), indexing="ij")
        frames = np.stack([np.sin(rows + 0.1 * t) * np.cos(columns - 0.07 * t) for t in range(60)])
    else:
        frames = np.load(shared / "data" / "baler_CFD_animation.npz")["data"]
    return ((frames - frames.min()) / np.ptp(frames)).reshape(60, 2500).astype(np.float32)


def baler_images(shared: Path | None, epochs: int, names=("CFD_dense_AE", "PJ_Conv_AE, 50 x 50")) -> list[dict]:
    """Trains on the frames; passes if a frame comes back better than as the mean frame, and twice with the same bits."""
    frames = cfd_frames(shared)
    spread = float(np.mean((frames - frames.mean(axis=0)) ** 2))
    rows = []
    for name in names:
        results = []
        for _ in range(2):
            method = booked(name, epochs).fit(frames, progress="silent")
            results.append(method.decode(method.encode(frames)))
        error = float(np.mean((results[0] - frames) ** 2))
        same = bool(np.array_equal(*results))
        rows.append(
            {
                "name": name,
                "mean squared error": error,
                "of the mean frame": spread,
                "same bits": same,
                "passes": same and error < spread,
            }
        )
    return rows


# ------------------------------------------------------------------------------------------- anomalies


def anomaly(shared: Path | None, seeds: int) -> list[dict]:
    """ROC areas of the anomaly score and of the principal components' one, for codes of 1 to 5 numbers."""
    import anomaly_higgs

    import tmvalite
    from tmvalite.evaluation import roc_area

    rows = []
    for seed in range(1, seeds + 1):
        if shared is not None:
            signal, background = anomaly_higgs.read(shared / "data" / "Higgs_data.root")
        else:
            signal, background = (anomaly_higgs.toy_events(10_000, wanted, seed) for wanted in (True, False))
        train, rest = background[:6000], background[6000:]
        x, is_signal = np.concatenate([signal, rest]), np.arange(len(signal) + len(rest)) < len(signal)
        for width in range(1, 6):
            method = tmvalite.MethodAE(anomaly_higgs.BOOKING.format(width=width, seed=seed)).fit(train, progress="silent")
            rows.append(
                {
                    "seed": seed,
                    "numbers kept": width,
                    "autoencoder": round(roc_area(method.GetMvaValues(x), is_signal), 4),
                    "principal components": round(roc_area(anomaly_higgs.principal_components(train, width)(x), is_signal), 4),
                }
            )
    return rows


# ------------------------------------------------------------------------------------------- the published string

PUBLISHED = (
    "!H:V:ErrorStrategy=SUMOFSQUARES:WeightInitialization=XAVIERUNIFORM:InputLayout=1|1|2:BatchLayout=256|1|2:"
    "Layout=Encoder={RESHAPE|1|1|2|FLAT,DENSE|128|TANH,DENSE|64|TANH}Decoder={DENSE|128|TANH,DENSE|2|LINEAR,LINEAR}:"
    "TrainingStrategy=LearningRate=1e-1,Momentum=0.9,Repetitions=1,ConvergenceSteps=20,BatchSize=256,TestRepetitions=10,"
    "WeightDecay=1e-4,Regularization=L2,DropConfig=0.0+0.5+0.5+0.5, Multithreading=True"
    "|LearningRate=1e-2,Momentum=0.9,Repetitions=1,ConvergenceSteps=20,BatchSize=256,TestRepetitions=10,"
    "WeightDecay=1e-4,Regularization=L2,DropConfig=0.0+0.0+0.0+0.0, Multithreading=True"
    "|LearningRate=1e-3,Momentum=0.9,Repetitions=1,ConvergenceSteps=20,BatchSize=256,TestRepetitions=10,"
    "WeightDecay=1e-4,Regularization=L2,DropConfig=0.0+0.0+0.0+0.0, Multithreading=True:Architecture=CPU"
)


def regression_string(seed: int = 1) -> float:
    """Mean squared error of two standardised inputs on 1000 new events, after training the published string on 1000 events."""
    import warnings

    import tmvalite

    x = np.random.default_rng(seed).uniform(0.0, 5.0, size=(2000, 2)).astype(np.float32)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    with warnings.catch_warnings():
        # keys that TMVA never reads, the dummy last layer
        warnings.simplefilter("ignore", tmvalite.TmvaliteWarning)
        method = tmvalite.MethodAE(f"{PUBLISHED}:RandomSeed={seed}").fit(x[:1000], progress="silent")
    return float(np.mean((method.reconstruct(x[1000:]) - x[1000:]) ** 2))
