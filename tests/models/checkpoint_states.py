"""Every state that a training comes through, kept as a file: after every call into the network, of a few batches each."""

from tmvalite.models import checkpoint, fitting
from tmvalite.training.checkpointing import Checkpointing


def keep_every_state(folder, monkeypatch, steps):
    """The list of the files, which grows as a training goes on; a call into the network does so many steps."""
    files = []

    def write(path, state, facts):
        files.append(folder / f"{len(files)}.ckpt")
        checkpoint.write_checkpoint(files[-1], state, facts)

    monkeypatch.setattr(fitting, "write_checkpoint", write)
    monkeypatch.setattr(Checkpointing, "due", lambda self, epochs=None: True)
    monkeypatch.setattr("tmvalite.training.network.Network.steps_per_call", lambda self, batch: steps)
    return files
