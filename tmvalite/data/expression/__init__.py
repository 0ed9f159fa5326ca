"""Expressions of variables, as TTreeFormula reads them: `parse_expression`, `evaluate`, `render_expression`."""

from tmvalite.data.expression.evaluate import Context, evaluate
from tmvalite.data.expression.frame import Values
from tmvalite.data.expression.functions import FUNCTIONS
from tmvalite.data.expression.parse import parse_expression
from tmvalite.data.expression.render import render_expression
from tmvalite.data.expression.syntax import Expression, Node

__all__ = ["FUNCTIONS", "Context", "Expression", "Node", "Values", "evaluate", "parse_expression", "render_expression"]
