"""Methods of a Factory trained by workers, or elsewhere as whole tasks."""

import numpy as np

from tests.cluster.tasks import Sending
from tests.workflow.test_factory import loader
from tmvalite import Factory, Types

TRAINING = "TrainingStrategy=LearningRate=5e-2,BatchSize=30,MaxEpochs=4,TestRepetitions=1"
BOOKING = f"!H:V:RandomSeed=3:Layout=TANH|6,LINEAR:{TRAINING}"


def test_methods_are_trained_by_workers_and_on_executors_with_the_same_bits(in_tmp_path):
    def trained(**elsewhere):
        made = Factory("job", "!V:Silent:AnalysisType=Classification")
        data = loader()
        made.BookMethod(data, Types.kDL, "A", f"{BOOKING}:Shares=2")
        handle = made.BookMethod(data, Types.kDL, "B", f"{BOOKING}:Shares=4")
        made.TrainAllMethods(**elsewhere)
        made.TestAllMethods()
        return [made.record(data.name, title) for title in "AB"], handle

    records, _ = trained()
    for elsewhere in ({"workers": Sending()}, {"executor": Sending()}):
        again, handle = trained(**elsewhere)
        for one, other in zip(records, again):
            assert np.array_equal(one.output("test"), other.output("test")) and one.history["epoch"] == other.history["epoch"]
        assert handle.method is again[1].method and handle.method.is_trained
