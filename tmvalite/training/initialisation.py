"""The parameters before training: WeightInitialization, matrix by matrix.

Every matrix has a stream of its own, named after node and parameter, so a layer starts from the same numbers whatever
stands before it in the network. For a matrix of m rows (outputs) and n columns (inputs):

XAVIER          normal, sigma = sqrt(6/(m+n)), values beyond 2 sigma drawn again (TMVA's scale, not sqrt(2/(m+n)))
XAVIERUNIFORM   uniform in +-sqrt(6/(m+n))
GAUSS           normal, sigma = sqrt(2/n)
UNIFORM         uniform in +-sqrt(2/n)
IDENTITY        1 on the diagonal, else 0
ZERO            0
GLOROT          normal, sigma = sqrt(2/(m+n)), values beyond 2 sigma drawn again
GLOROTUNIFORM   uniform in +-sqrt(6/(m+n)), the same range as XAVIERUNIFORM
HE              normal, sigma = sqrt(2/n), values beyond 2 sigma drawn again
HEUNIFORM       uniform in +-sqrt(6/n)
TORCH           uniform in +-1/sqrt(n), the biases as well, with n of the layer's first matrix

The last five are not TMVA's. A convolution counts m = depth, n = input channels times filter area; every gate of a
recurrent layer is a matrix of its own. Biases and what a layer declares so begin with one number, except biases under TORCH:
behind few inputs, such as a decoder's, biases of 0 let every ReLU have its edge at the origin, which is slow to unlearn.
Sources: TMVA's DNN initialisation; Glorot and Bengio, AISTATS 2010, eq. 16; He et al., arXiv:1502.01852, eq. 10; TORCH is
what nn.Linear of Torch and PyTorch starts from (LeCun et al., Efficient BackProp, section 4.6, has the scale in n).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tmvalite.layers.base import Parameter
from tmvalite.training import streams

_DISTRIBUTIONS: dict[str, tuple[str, Callable[[int, int], float]]] = {  # kind of numbers, their scale
    "XAVIER": ("truncated", lambda m, n: math.sqrt(6 / (m + n))),
    "XAVIERUNIFORM": ("uniform", lambda m, n: math.sqrt(6 / (m + n))),
    "GAUSS": ("normal", lambda m, n: math.sqrt(2 / n)),
    "UNIFORM": ("uniform", lambda m, n: math.sqrt(2 / n)),
    "IDENTITY": ("identity", lambda m, n: 1.0),
    "ZERO": ("zero", lambda m, n: 0.0),
    "GLOROT": ("truncated", lambda m, n: math.sqrt(2 / (m + n))),
    "HE": ("truncated", lambda m, n: math.sqrt(2 / n)),
    "GLOROTUNIFORM": ("uniform", lambda m, n: math.sqrt(6 / (m + n))),
    "HEUNIFORM": ("uniform", lambda m, n: math.sqrt(6 / n)),
    "TORCH": ("uniform", lambda m, n: math.sqrt(1 / n)),
}

METHODS = tuple(_DISTRIBUTIONS)

# TMVA's letters in the weight file; the others have none
CODES = {"XAVIER": "X", "XAVIERUNIFORM": "F", "GAUSS": "G", "UNIFORM": "U", "IDENTITY": "I", "ZERO": "Z"}


def initial_matrix(parameter: Parameter, method: str, key: streams.Key) -> np.ndarray:
    """The initial values of one parameter, (rows, columns) float64.

    Parameters
    ----------
    parameter : Parameter
        Its `init` says whether `method` applies.
    method : str
        One of METHODS.
    key : (k0, k1)
        Stream of this matrix; its element (r, c) is number r * columns + c.
    """
    rows, columns = parameter.shape
    if parameter.init != "weights":
        return np.full(parameter.shape, {"zero": 0.0, "one": 1.0}.get(parameter.init, parameter.init), float)
    kind, scale = _DISTRIBUTIONS[method]
    if kind == "zero":
        return np.zeros(parameter.shape)
    if kind == "identity":
        return np.eye(rows, columns)
    size = rows * columns
    if kind == "uniform":
        numbers = 2.0 * streams.uniforms(key, size) - 1.0
    elif kind == "normal":
        numbers = streams.normals(key, size)
    else:
        numbers = streams.truncated_normals(key, size)
    return (scale(rows, columns) * numbers).reshape(parameter.shape)


def initialise(network, method: str, seed: int) -> None:
    """Overwrite all parameters of a Network, running statistics included, with their initial values."""
    for node in network.graph.nodes:
        inputs = next((p.shape[1] for p in node.parameters if p.init == "weights"), 0)
        for parameter in node.parameters:
            key = streams.stream_key(seed, streams.INITIALISATION, f"{node.name}/{parameter.name}")
            values = initial_matrix(parameter, method, key)
            if method == "TORCH" and inputs and parameter.trained and parameter.init == "zero":
                values = ((2.0 * streams.uniforms(key, values.size) - 1.0) / math.sqrt(inputs)).reshape(parameter.shape)
            network.parameters.set(node.name, parameter.name, values)
