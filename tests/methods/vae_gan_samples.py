"""Small autoencoders with a Discriminator of events, for several tests."""

from tmvalite import MethodAE
from tmvalite.errors import Diagnostics, Source
from tmvalite.models.blueprint import blueprint
from tmvalite.models.booking import book, unnamed
from tmvalite.training.initialisation import initialise

LAYOUT = (
    "Layout=Encoder={DENSE|6|TANH,LATENT|2}Decoder={DENSE|5|TANH,DENSE|N|LINEAR}"
    "Discriminator={DENSE|7|TANH,f=DENSE|3|SIGMOID,DENSE|1|LINEAR}"
)
PHASE = "BatchSize=50,MaxEpochs=3,ConvergenceSteps=3,TestRepetitions=1"
STRATEGY = f"TrainingStrategy=LearningRate=2e-3,Optimizer=ADAM,{PHASE}"
GAMMA, BETA = 0.25, 0.5


def vae_gan(layout=LAYOUT, precision="float64", more=f"FeatureWeight={GAMMA}:KLWeight={BETA}", strategy=""):
    """The whole network, what trains it, and its phase."""
    text = f"{layout}:Features=f:{more}:TrainingStrategy={strategy + ',' if strategy else ''}{PHASE}:Precision={precision}"
    diagnostics = Diagnostics(Source(text))
    booking = book(MethodAE.form, text, diagnostics=diagnostics)
    made = blueprint(booking, unnamed(4), diagnostics)
    whole = made.network(precision=precision, threads=1)
    initialise(whole, "XAVIER", 3)
    learner = booking.form.learner(booking, made, whole)
    for name in learner.seen.weighted_terms[2:]:
        learner.set_weight(name, BETA)
    return whole, learner, booking.phases[0]
