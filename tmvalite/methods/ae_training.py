"""The training of a MethodAE: split, transformations, weights, network, pre-training, loop, and what is kept."""

from __future__ import annotations

import time

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import DataError, quoted
from tmvalite.graph.join import block_of
from tmvalite.methods import ae_file
from tmvalite.methods.ae_blocks import DECODER, DISCRIMINATOR, ENCODER, HEAD
from tmvalite.methods.ae_loss import AutoencoderLoss
from tmvalite.methods.ae_model import AutoencoderModel
from tmvalite.methods.ae_network import ADVERSARY, DECEPTION, Blueprint, target_matrix
from tmvalite.methods.ae_pretraining import pretrain
from tmvalite.methods.ae_prior import prior_draws
from tmvalite.methods.file_facts import interrupt_fact
from tmvalite.methods.preparation import (
    check_call,
    check_classes,
    general_info,
    pass_on_interrupt,
    remark_outcome,
    split_events,
    usable_events,
    with_ranges,
)
from tmvalite.methods.weighting import mean_one
from tmvalite.training import streams
from tmvalite.training.alternating import Alternating, Turn
from tmvalite.training.initialisation import initialise
from tmvalite.training.loop import Sample, Training

ROUNDING = 1e-6  # by which a variable scaled to [0, 1] may lie outside


def train_autoencoder(
    method,
    events: Events,
    info: DataSetInfo,
    *,
    drawn: bool,
    labels: tuple,
    flat: bool,
    progress,
    write,
    on_interrupt: str,
    trace: int = 0,
) -> None:
    """Train `method`, a MethodAE, and leave the model, the history and the trace in it; see `MethodAE.fit`."""
    progress = check_call(progress, write, on_interrupt)
    began = time.perf_counter()
    values, diagnostics, analysis = method.bound.values, method.diagnostics, method.analysis_type
    blueprint = method.blueprint(info)
    chain = TransformChain.build(method.transforms, info, diagnostics)
    diagnostics.issue()

    dtype, learns = np.dtype(values.Precision), analysis if HEAD in blueprint.blocks else None
    events = usable_events(events, info, dtype, learns=learns, ignore_negative=values.IgnoreNegWeightsInTraining)
    seed = values.RandomSeed or streams.drawn_seed()
    by_class = analysis != "regression" and info.n_classes > 1
    train_at, valid_at = split_events(method, events, seed, drawn=drawn, by_class=by_class)
    chain.fit(events.x, events.targets, events.class_index, events.weight)
    x = np.ascontiguousarray(chain.apply_variables(events.x), dtype) if chain.transforms_variables else events.x
    targets = chain.apply_targets(events.targets) if chain.transforms_targets else events.targets
    _check_targets(blueprint, x, info, transformed=chain.transforms_variables)
    y = target_matrix(blueprint, x, events, targets, info, analysis)
    if learns in ("classification", "multiclass"):
        check_classes(events, info, train_at, valid_at)

    def sample(positions, what):
        weight = mean_one(events.weight[positions], what).astype(dtype)
        rows = np.ascontiguousarray(x[positions])
        return Sample(rows, rows if y is x else np.ascontiguousarray(y[positions]), weight)

    train, valid = sample(train_at, "training"), sample(valid_at, "validation")
    network = blueprint.network(precision=values.Precision, threads=values.Threads or None)
    initialise(network, values.WeightInitialization, seed)
    trained = _alternation(network, blueprint) if blueprint.latent == "ADV" else network
    variance = float(np.average(train.x.var(axis=0, dtype=np.float64)))
    loss = AutoencoderLoss(blueprint, values, trained, variance=variance, epochs=method.phases[0].max_epochs, trace=trace)
    method._model = None
    if values.Pretrain == "GREEDY":
        pretrain(method, network, blueprint, train, valid, seed=seed, progress=progress)
    training = Training(
        trained,
        train,
        valid,
        method.phases,
        dropout=blueprint.dropout,
        seed=seed,
        progress=progress,
        source=method.bound.place("TrainingStrategy")[0],
        companion=loss,
    )
    method._history, method._trace = training.history, loss.traced

    def keep() -> None:
        model = AutoencoderModel(
            blueprint.blocks,
            network,
            blueprint.objectives,
            chain,
            with_ranges(info, events),
            analysis,
            labels,
            flat,
            blueprint.head_classes,
            blueprint.latent,
            blueprint.prior,
            _final_sigma(loss, network, train, seed),
        )
        model.facts = general_info(
            analysis, len(events), time.perf_counter() - began - progress.compile_seconds, seed, info, labels
        )
        model.facts |= interrupt_fact(training.history)
        ae_file.describe_for_file(model, method)
        method._model = model

    try:
        training.run()
    finally:  # also after an infinite loss, or an interrupt at the very end: what was learnt can be used
        if training.kept is not None:
            keep()
    remark_outcome(method, training)
    pass_on_interrupt(method, training, on_interrupt)


def _final_sigma(loss: AutoencoderLoss, network, train: Sample, seed: int) -> float:
    """The width of a Gaussian decoder that belongs to the parameters that are kept."""
    if not loss.estimated:
        return loss.sigma
    terms = np.empty(len(network.term_names))
    network.loss(train.x, train.targets, train.weights, seed=seed, parts=terms)
    return loss.sigma_of(terms)


def _check_targets(blueprint: Blueprint, x: np.ndarray, info: DataSetInfo, *, transformed: bool) -> None:
    """Values that CROSSENTROPY and MUTUALEXCLUSIVE reconstruct are probabilities. Raises DataError naming the variable."""
    start = 0
    outputs = blueprint.blocks[DECODER].outputs
    for output, objective in zip(outputs, blueprint.objectives[: len(outputs)], strict=True):
        stop = start + output.value.size
        part = x[:, start:stop]
        if objective.strategy != "SUMOFSQUARES":
            low, high = part.min(axis=0), part.max(axis=0)
            outside = np.maximum(-low, high - 1.0)
            worst = int(np.argmax(outside))
            if outside[worst] > ROUNDING:
                after = " after VarTransform" if transformed else ""
                name = quoted(info.variables[start + worst].label)
                raise DataError(
                    f"{objective.strategy} reconstructs values from 0 to 1, and variable {name} lies between {low[worst]:g} and "
                    f"{high[worst]:g}{after}",
                    code="target-range",
                    hint="ErrorStrategy=SUMOFSQUARES reconstructs any values; or scale the variables to [0, 1]",
                )
        if objective.strategy == "MUTUALEXCLUSIVE":
            sums = part.sum(axis=1, dtype=np.float64)
            row = int(np.argmax(np.abs(sums - 1.0)))
            if abs(sums[row] - 1.0) > 1e-3:
                raise DataError(
                    f"MUTUALEXCLUSIVE reconstructs probabilities that add up to 1, and those of row {row} add up to "
                    f"{sums[row]:g}",
                    code="target-range",
                    hint="CROSSENTROPY takes every variable by itself",
                )
        start = stop


def _alternation(network, blueprint: Blueprint) -> Alternating:
    """The three turns of an adversarial autoencoder. Source: Makhzani et al., arXiv:1511.05644, section 2."""
    blocks = tuple(name for name in blueprint.blocks if name != DISCRIMINATOR)
    of_loss = [o.loss for o in blueprint.objectives]
    encoder = network.part(block_of(network.graph, ENCODER))
    size = blueprint.code.size

    def codes_and_prior(x, seed, epoch, step):
        codes = encoder.outputs(np.ascontiguousarray(x))
        n = len(codes)
        inputs = np.concatenate([codes, prior_draws(blueprint.prior, n, size, codes.dtype, seed=seed, epoch=epoch, step=step)])
        targets = np.zeros((2 * n, 1), codes.dtype)
        targets[n:] = 1.0
        return inputs, targets

    reconstruct = network.part(block_of(network.graph, *blocks), losses=tuple(of_loss[:-1]), trained=blocks)
    adversary = network.part(block_of(network.graph, DISCRIMINATOR), losses=("CROSSENTROPY",), trained=(DISCRIMINATOR,))
    deceive = network.part(block_of(network.graph, ENCODER, DISCRIMINATOR), losses=("CROSSENTROPY",), trained=(ENCODER,))
    return Alternating(
        network,
        [
            Turn(reconstruct, columns=slice(0, reconstruct.n_outputs)),
            Turn(adversary, make=codes_and_prior, extra=ADVERSARY),
            Turn(deceive, rate_of=DECEPTION, regularised=False),
        ],
    )
