"""The table of jets, 24 columns in 15 numbers: every kind of autoencoder, on the training sample and on a fresh one."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT / "examples") not in sys.path:
    sys.path.append(str(ROOT / "examples"))  # the examples are scripts, not a package

COMMON = (
    "!H:!V:ErrorStrategy=SUMOFSQUARES:InputLayout=1|1|24:WeightInitialization=XAVIERUNIFORM:RandomSeed={seed}:"
    "TrainingStrategy=Optimizer=ADAM,LearningRate=2e-3,LearningRateSchedule=COSINE,BatchSize=256,MaxEpochs={epochs},"
    "TestRepetitions=7,ConvergenceSteps={epochs}:"
)
DECODER = "Decoder={DENSE|50|LEAKYRELU,DENSE|100|LEAKYRELU,DENSE|200|LEAKYRELU,DENSE|24|LINEAR}"
ENCODER = "Encoder={DENSE|200|LEAKYRELU,DENSE|100|LEAKYRELU,DENSE|50|LEAKYRELU,DENSE|15|LINEAR}"
# Baler's layouts; the outputs are linear, since the transformed columns are not confined to [0, 1]
VARIANTS = {
    "AE": f"Layout={ENCODER}{DECODER}",
    "AE, batch norm": "Layout=Encoder={DENSE|200|LEAKYRELU,BNORM,DENSE|100|LEAKYRELU,BNORM,DENSE|50|LEAKYRELU,BNORM,"
    f"DENSE|15|LINEAR}}{DECODER}",
    "AE, dropout": "Layout=Encoder={DENSE|200|LINEAR,DROPOUT|0.5,ACT|LEAKYRELU,DENSE|100|LINEAR,DROPOUT|0.4,ACT|LEAKYRELU,"
    "DENSE|50|LINEAR,DROPOUT|0.3,ACT|LEAKYRELU,DENSE|15|LINEAR,DROPOUT|0.2}"
    "Decoder={DENSE|50|LINEAR,DROPOUT|0.2,ACT|LEAKYRELU,DENSE|100|LINEAR,DROPOUT|0.3,ACT|LEAKYRELU,"
    "DENSE|200|LINEAR,DROPOUT|0.4,ACT|LEAKYRELU,DENSE|24|LINEAR}",
    "AE, sparse (L1)": f"Layout={ENCODER}{DECODER}:Sparsity=L1:SparsityWeight=1e-3",
    "VAE": f"Layout={ENCODER.replace('DENSE|15|LINEAR', 'LATENT|15')}{DECODER}",
    "WAE (MMD)": f"Layout={ENCODER}{DECODER}:LatentLoss=MMD:KLWeight=10",
    "SWAE": f"Layout={ENCODER}{DECODER}:LatentLoss=SWD:KLWeight=10",
    "AAE": f"Layout={ENCODER}{DECODER}Discriminator={{DENSE|100|RELU,DENSE|100|RELU,DENSE|1|LINEAR}}:LatentLoss=ADV:KLWeight=0.1",
}


def table(*, seed: int = 1, events: int = 40_000, epochs: int = 40, variants=tuple(VARIANTS), progress=None) -> list[dict]:
    """One row per variant and one of the principal components: peak, width and errors on the training and on a fresh sample."""
    import jet_compression
    from toys import jets

    samples = {"training": jets(events, seed=seed), "fresh": jets(events, seed=1000 + seed)}
    arrays = {name: jet_compression.to_array(sample) for name, sample in samples.items()}
    kinds = {"PCA": jet_compression.principal_components}
    kinds |= {
        name: jet_compression.autoencoder(COMMON.format(seed=seed, epochs=epochs) + VARIANTS[name], "silent") for name in variants
    }
    rows = []
    for name, make in kinds.items():
        rows.append(_row(name, jet_compression.Standardised(arrays["training"], make), samples, arrays))
        if progress:
            progress(rows[-1])
    return rows


def _row(name, rebuild, samples, arrays) -> dict:
    import jet_compression

    row: dict = {"name": name}
    for sample, columns in samples.items():
        before, after, error = jet_compression.compare(columns, rebuild(arrays[sample]))
        row[sample] = {
            "mass": after[0],
            "shift": 100 * (after[0] / before[0] - 1),
            "width": after[1],
            "wider": 100 * (after[1] / before[1] - 1),
            "error": error,
        }
    return row
