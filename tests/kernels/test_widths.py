"""Every kernel with explicit vectors at every vector length: networks that hold them all give the host's bits.

The length is a constant of a process, so each other length has a process of its own; they compile side by side. Plain loops,
which LLVM turns into vectors itself, are not forced. TMVALITE_TEST_WIDTHS=all also forces lengths that the host lacks.
"""

import json
import os
import subprocess
import sys
import zlib
from contextlib import ExitStack

import numpy as np
import pytest

from tests.networks import network_of, sample_of
from tmvalite.kernels._jit import VECTOR_BYTES

# 4, 8 and 16 lanes of float32. Vectors wider than the host's work too, but take minutes to compile there: only if asked for
BYTES = [b for b in (16, 32, 64) if b <= VECTOR_BYTES or os.environ.get("TMVALITE_TEST_WIDTHS") == "all"]
# what the names stand for: convolution, window (means), pool planes (gradients of overlapping and other windows), normalise,
# product in its forms (wide, narrow, transposed), reduce, transpose; then Winograd's tiles; then recurrent, lanes
NETWORKS = {
    "image": (
        "c=CONV|5|3|3|1|1|1|1|RELU,t=CONV|12|1|1|1|1|0|0|TANH,b=BNORM,m=MAXPOOL|3|3|1|1,n=MAXPOOL|2|2|2|2,v=AVGPOOL|2|2|1|1,"
        "RESHAPE|FLAT,DENSE|33|TANH,DENSE|3|LINEAR",
        (("image", (2, 14, 22)),),
        3,
    ),
    "tiles": (
        "CONV|32|3|3|1|1|1|1|RELU,CONV|33|3|3|1|1|1|1|RELU,CONV|32|5|5|2|2|SAME|RELU,TRANSCONV|32|5|5|2|2|2|2|1|1|RELU,RESHAPE|FLAT,"
        "DENSE|1|LINEAR",
        (("image", (1, 6, 6)),),
        1,
    ),
    "sequence": ("l=LSTM|19|5|4|0|1@steps,g=GRU|11|19|4|0|1@l,r=RNN|21|11|4@g,DENSE|1|LINEAR", (("steps", (4, 5)),), 1),
}


def checksums():
    """By network: those of 70 scores and of the gradient of a batch of 70 events."""
    out = {}
    for name, (layout, inputs, outputs) in NETWORKS.items():
        size = sum(int(np.prod(shape)) for _, shape in inputs)
        network = network_of(layout, size, outputs, inputs=inputs, losses=("SUMOFSQUARES",), threads=1, scale=0.2)
        sample = sample_of(network, 70)
        out[name] = [zlib.crc32(a.tobytes()) for a in (network.outputs(sample[0]), network.gradient(*sample))]
    return out


@pytest.fixture(scope="module")
def answers():
    """What processes with other vector lengths say; all run at once."""
    program = "import json; from tests.kernels.test_widths import checksums; print(json.dumps(checksums()))"
    with ExitStack() as stack:
        running = {}
        for width in BYTES:
            if width != VECTOR_BYTES:
                environment = {**os.environ, "TMVALITE_VECTOR_BYTES": str(width)}
                process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment)
                running[width] = stack.enter_context(process)
        found = {VECTOR_BYTES: checksums()}
        for width, process in running.items():
            text, _ = process.communicate()
            assert process.returncode == 0
            found[width] = json.loads(text)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("width", BYTES)
@pytest.mark.parametrize("name", NETWORKS)
def test_scores_and_gradients_have_the_same_bits_at_every_vector_length(name, width, answers):
    scores, gradient = answers[width][name]
    assert scores == answers[VECTOR_BYTES][name][0]
    assert gradient == answers[VECTOR_BYTES][name][1]
