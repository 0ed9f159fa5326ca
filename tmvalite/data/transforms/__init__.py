"""Variable transformations: a chain that is fitted on training events and is part of the model.

One import line for each transformation: this is the list of all of them. `base.py` says what one declares.
"""

from tmvalite.data.transforms import decorrelate as _decorrelate
from tmvalite.data.transforms import gauss as _gauss
from tmvalite.data.transforms import identity as _identity
from tmvalite.data.transforms import normalize as _normalize
from tmvalite.data.transforms import pca as _pca
from tmvalite.data.transforms import scale as _scale
from tmvalite.data.transforms import uniform as _uniform
from tmvalite.data.transforms.base import REGISTRY, PdfRecord, Transform, TransformRecord
from tmvalite.data.transforms.chain import TransformChain, check_transforms
from tmvalite.data.transforms.selection import SelectionRecord

__all__ = ["REGISTRY", "PdfRecord", "SelectionRecord", "Transform", "TransformChain", "TransformRecord", "check_transforms"]
