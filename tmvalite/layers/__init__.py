"""The layers. One import line for each: this is the list of all kinds."""

from tmvalite.layers import act as _act
from tmvalite.layers import add as _add
from tmvalite.layers import avgpool as _avgpool
from tmvalite.layers import bnorm as _bnorm
from tmvalite.layers import concat as _concat
from tmvalite.layers import conv as _conv
from tmvalite.layers import corrupt as _corrupt
from tmvalite.layers import dense as _dense
from tmvalite.layers import depthconv as _depthconv
from tmvalite.layers import dropout as _dropout
from tmvalite.layers import gridsample as _gridsample
from tmvalite.layers import groupnorm as _groupnorm
from tmvalite.layers import gru as _gru
from tmvalite.layers import gumbel as _gumbel
from tmvalite.layers import instnorm as _instnorm
from tmvalite.layers import kl as _kl
from tmvalite.layers import latent as _latent
from tmvalite.layers import layernorm as _layernorm
from tmvalite.layers import lstm as _lstm
from tmvalite.layers import maxpool as _maxpool
from tmvalite.layers import mean as _mean
from tmvalite.layers import mmd as _mmd
from tmvalite.layers import mul as _mul
from tmvalite.layers import output as _output
from tmvalite.layers import padding2d as _padding2d
from tmvalite.layers import pixelshuffle as _pixelshuffle
from tmvalite.layers import prelu as _prelu
from tmvalite.layers import reshape as _reshape
from tmvalite.layers import rnn as _rnn
from tmvalite.layers import sample as _sample
from tmvalite.layers import slice as _slice
from tmvalite.layers import sparsity as _sparsity
from tmvalite.layers import swd as _swd
from tmvalite.layers import tied as _tied
from tmvalite.layers import transconv as _transconv
from tmvalite.layers import upsample as _upsample
from tmvalite.layers.base import REGISTRY, Layer
from tmvalite.layers.context import LayerContext

__all__ = ["REGISTRY", "Layer", "LayerContext"]
