"""The families of steps, one file each. One import line for each: who imports this package knows all of them by name."""

from tmvalite.plan.families import codes as _codes
from tmvalite.plan.families import convert as _convert
from tmvalite.plan.families import convolution as _convolution
from tmvalite.plan.families import copy as _copy
from tmvalite.plan.families import dropout as _dropout
from tmvalite.plan.families import loss as _loss
from tmvalite.plan.families import map as _map
from tmvalite.plan.families import normalise as _normalise
from tmvalite.plan.families import operation as _operation
from tmvalite.plan.families import padding as _padding
from tmvalite.plan.families import pool as _pool
from tmvalite.plan.families import product as _product
from tmvalite.plan.families import recurrent as _recurrent
from tmvalite.plan.families import reverse as _reverse
from tmvalite.plan.families import softmax as _softmax
from tmvalite.plan.families import tied as _tied
