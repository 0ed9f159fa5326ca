"""Strings to abstract syntax and back: the one parser that every method of tmvalite shares."""

from tmvalite.string_utils.hidden_defaults import DEFAULT_STRATEGY
from tmvalite.string_utils.layout import parse_layout
from tmvalite.string_utils.option_list import parse_options
from tmvalite.string_utils.option_table import BoundOptions, DeclaredOption, OptionTable
from tmvalite.string_utils.phases import PhaseSettings, resolve_strategy
from tmvalite.string_utils.prior import Prior, parse_prior
from tmvalite.string_utils.render import render
from tmvalite.string_utils.replica_option import Replicas, parse_replicas
from tmvalite.string_utils.sizes import parse_batch_layout, parse_input_layout, parse_validation_size
from tmvalite.string_utils.strategy import parse_drop_config, parse_strategy
from tmvalite.string_utils.transforms import parse_transformations, parse_var_transform

__all__ = [
    "DEFAULT_STRATEGY",
    "BoundOptions",
    "DeclaredOption",
    "OptionTable",
    "PhaseSettings",
    "Prior",
    "Replicas",
    "parse_batch_layout",
    "parse_drop_config",
    "parse_input_layout",
    "parse_layout",
    "parse_options",
    "parse_prior",
    "parse_replicas",
    "parse_strategy",
    "parse_transformations",
    "parse_validation_size",
    "parse_var_transform",
    "render",
    "resolve_strategy",
]
