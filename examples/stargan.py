"""A StarGAN: one generator translates images between three domains, and what belongs to the image and not to the domain stays.

Run: python examples/stargan.py

The images are blobs somewhere in 8x8 pixels; the domain is their texture: plain, rows or columns. The generator reads an image
and a label, as one map of pixels for each domain, and says what changes; the discriminator says whether an image is real, and of
which domain. Losses: adversarial, domain, and the cycle back to the image that it was. Source: Choi et al., arXiv:1711.09020,
section 3.

This is no method of tmvalite: it shows how networks over common parameters are trained in turns, each with several losses.
"""

import dataclasses

import numpy as np

import tmvalite as tmva
from tmvalite.errors import Diagnostics, Source
from tmvalite.graph import Graph, Output, Value, build_graphs
from tmvalite.graph.join import block_of, join
from tmvalite.string_utils import parse_layout
from tmvalite.training.alternating import Alternating, Turn
from tmvalite.training.initialisation import initialise
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings
from tmvalite.training.pulls import Pull

DOMAINS, SIDE, BATCH, EPOCHS = 3, 8, 50, 9
PIXELS = SIDE**2
CONV = "CONV|16|3|3|1|1|1|1|LINEAR,INSTNORM,ACT|RELU"
LAYOUT = (
    f"Generator={{l=RESHAPE|3|1|1@label,maps=UPSAMPLE|8|8@l,CONCAT@image+maps,{CONV},{CONV},{CONV},d=CONV|1|3|3|1|1|1|1|LINEAR,ADD@image+d}}"
    "Discriminator={CONV|16|3|3|2|2|1|1|LEAKYRELU,CONV|32|3|3|2|2|1|1|LEAKYRELU,f=RESHAPE|FLAT,"
    "src=DENSE|1|LINEAR@f,dom=DENSE|3|LINEAR@f,OUTPUT|CROSSENTROPY@src,OUTPUT|MUTUALEXCLUSIVE@dom}"
)


def pictures(place, domain):
    """The images (n, 64) of blobs at `place` (n, 2) in their domains (n,), without noise."""
    at = np.arange(SIDE)
    blob = np.exp(-((at[None, :, None] - place[:, :1, None]) ** 2 + (at[None, None, :] - place[:, 1:, None]) ** 2) / 6)
    rows = np.broadcast_to(at[:, None] % 2 * 1.6 + 0.2, (SIDE, SIDE))
    return (blob * np.stack([np.ones((SIDE, SIDE)), rows, rows.T])[domain]).reshape(-1, PIXELS)


def images(n, seed):
    """Images and labels (n, 64 + 3) float32, and the places of the blobs (n, 2)."""
    rng = np.random.default_rng(seed)
    place, domain = rng.uniform(2, 5, (n, 2)), rng.integers(0, DOMAINS, n)
    seen = pictures(place, domain) + rng.normal(0, 0.02, (n, PIXELS))
    return np.concatenate([seen, np.eye(DOMAINS)[domain]], axis=1).astype(np.float32), place


def twice(graph):
    """The generator behind itself: image, label, label of the way back -> image. Both have the same parameters."""
    back = Value("back", (DOMAINS,))
    values = {graph.inputs[0]: graph.outputs[0].value, graph.inputs[1]: back}
    again = []
    for node in graph.nodes:
        again.append(dataclasses.replace(node, inputs=tuple(values[value] for value in node.inputs)))
        values[node.output] = again[-1].output
    return Graph((*graph.inputs, back), (*graph.nodes, *again), (Output(again[-1].output),), graph.source)


def star():
    """The generator alone, and what trains it together with the discriminator."""
    source = Source(LAYOUT)
    diagnostics = Diagnostics(source)
    reads = {"Generator": (("image", (1, SIDE, SIDE)), ("label", (DOMAINS,))), "Discriminator": (("input", (1, SIDE, SIDE)),)}
    layout = parse_layout(source, diagnostics=diagnostics)
    graph = join(build_graphs(layout, inputs=reads, n_variables=PIXELS, n_outputs=1, diagnostics=diagnostics))
    whole = Network(graph, losses=("CROSSENTROPY", "MUTUALEXCLUSIVE"))
    initialise(whole, "HE", 3)
    of_generator, of_judge = block_of(graph, "Generator"), block_of(graph, "Discriminator")
    generator = whole.part(of_generator)

    def judge(output, loss):
        return whole.part(
            dataclasses.replace(of_judge, outputs=of_judge.outputs[output : output + 1]),
            losses=(loss,),
            trained=("Discriminator",),
        )

    def asked(batch):  # the images of the batch, each with the label of the next one
        return np.concatenate([batch.x[:, :PIXELS], np.roll(batch.x[:, PIXELS:], 1, axis=0)], axis=1)

    def real_and_made(batch):
        inputs = np.concatenate([generator.outputs(asked(batch)), batch.x[:, :PIXELS]])
        return inputs, np.repeat([[0], [1]], len(batch.rows), axis=0).astype(np.float32)

    def domains(batch):
        return np.ascontiguousarray(batch.x[:, :PIXELS]), np.ascontiguousarray(batch.x[:, PIXELS:])

    def deceiving(batch):
        inputs = asked(batch)
        return inputs, np.concatenate([np.ones((len(inputs), 1), np.float32), inputs[:, PIXELS:]], axis=1)

    def there_and_back(batch):
        return np.concatenate([asked(batch), batch.x[:, PIXELS:]], axis=1), np.ascontiguousarray(batch.x[:, :PIXELS])

    cycle = whole.part(twice(of_generator), losses=("SUMOFSQUARES",), trained=("Generator",))
    deceive = whole.part(graph, losses=whole.losses, trained=("Generator",))
    first = Turn(
        judge(0, "CROSSENTROPY"),
        make=real_and_made,
        extra="real or made",
        pulls=[Pull(judge(1, "MUTUALEXCLUSIVE"), domains, term="domain")],
    )
    second = Turn(deceive, make=deceiving, extra="deceives", pulls=[Pull(cycle, there_and_back, factor=50.0, term="cycle")])
    return generator, Alternating(whole, [first, second])


if __name__ == "__main__":
    x, _ = images(2000, 1)
    generator, network = star()
    optimizer = network.new_optimizer(OptimizerSettings("ADAM", learning_rate=1e-3, beta1=0.5))
    targets, weights, steps = np.ones((len(x), 4), np.float32), np.ones(len(x), np.float32), len(x) // BATCH
    for epoch in range(1, EPOCHS + 1):
        order, parts = np.random.default_rng(epoch).permutation(len(x)), np.zeros((steps, len(network.term_names)))
        network.train_steps(
            x,
            targets,
            weights,
            order,
            batch_size=BATCH,
            first=0,
            count=steps,
            optimizer=optimizer,
            epoch=epoch,
            seed=1,
            parts=parts,
        )
        if epoch % 3 == 0:
            print(
                f"epoch {epoch}: " + ", ".join(f"{n} {v:.3f}" for n, v in zip(network.term_names[2:], parts.mean(axis=0)[2:])),
                flush=True,
            )

    new, place = images(900, 2)
    wanted = np.arange(900) % DOMAINS
    made = generator.outputs(np.concatenate([new[:, :PIXELS], np.eye(DOMAINS, dtype=np.float32)[wanted]], axis=1))
    examiner = tmva.MethodDL(
        "InputLayout=1|8|8:Layout=CONV|8|3|3|1|1|1|1|RELU,RESHAPE|FLAT,DENSE|3|LINEAR:RandomSeed=1:"
        "TrainingStrategy=LearningRate=1e-3,Momentum=0,MaxEpochs=4,BatchSize=50,TestRepetitions=1,ConvergenceSteps=4",
        analysis_type="multiclass",
    ).fit(x[:, :PIXELS], x[:, PIXELS:].argmax(axis=1), progress="silent")
    print(f"domain as asked, by a classifier of real images: {(examiner.predict(made) == wanted).mean():.3f}")
    truth = pictures(place, wanted)
    off, others = (np.sqrt(np.mean((made - image) ** 2)) for image in (truth, np.roll(truth, DOMAINS, axis=0)))
    print(f"difference from the same blob as asked for: {off:.3f}; from another blob: {others:.3f}")
