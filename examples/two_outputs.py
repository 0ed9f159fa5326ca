"""One network that gives a class and a mass, each with its own loss. Run: python examples/two_outputs.py"""

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area


def make_events(count, seed):
    """Two photons: logarithms of their momenta (known to 1 %), differences of pseudorapidity and angle; masses in GeV.

    Signal has masses near 125, background a falling spectrum.
    """
    rng = np.random.default_rng(seed)
    is_signal = rng.uniform(size=count) < 0.5
    mass = np.where(is_signal, 125.0 + 3.0 * rng.normal(size=count), 100.0 + rng.exponential(20.0, size=count))
    eta = rng.normal(size=count)
    angle = rng.uniform(0.5, np.pi, size=count)
    product = mass**2 / (2.0 * (np.cosh(eta) - np.cos(angle)))
    first = np.sqrt(product) * np.exp(0.2 * rng.normal(size=count))
    momenta = np.stack([first, product / first], axis=1) * (1.0 + 0.01 * rng.normal(size=(count, 2)))
    return np.column_stack([np.log(momenta), eta, angle]).astype("float32"), is_signal, mass.astype("float32")


def main():
    x, is_signal, mass = make_events(20000, seed=1)
    method = tmva.MethodDL(
        VarTransform="N",
        Layout="h=DENSE|64|TANH,h2=DENSE|64|TANH,score=DENSE|1|LINEAR@h2,mass=DENSE|1|LINEAR@h2,"
        "OUTPUT|CROSSENTROPY@score,OUTPUT|SUMOFSQUARES|5@mass",
        TrainingStrategy="LearningRate=3e-3,LearningRateSchedule=COSINE,BatchSize=100,MaxEpochs=60,ConvergenceSteps=60,TestRepetitions=1",
        RandomSeed=1,
        analysis_type="classification",
    )
    method.fit(x, is_signal, targets=mass)
    print(method)

    x, is_signal, mass = make_events(10000, seed=2)
    deviation = method.GetRegressionValues(x)[:, 0] - mass
    print(f"ROC area on new events: {roc_area(method.GetMvaValues(x), is_signal):.3f}")
    print(f"mass: deviation {deviation.mean():.2f} +- {deviation.std():.2f}, spread of the masses {mass.std():.2f}")


if __name__ == "__main__":
    main()
