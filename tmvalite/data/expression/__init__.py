"""Expressions of variables, as TTreeFormula reads them: `parse_expression`, `evaluate`, `render_expression`."""

from tmvalite.data.expression.element_frame import Values
from tmvalite.data.expression.evaluate import Context, evaluate
from tmvalite.data.expression.functions import FUNCTIONS
from tmvalite.data.expression.nodes import Expression, ExpressionNode
from tmvalite.data.expression.parser import parse_expression
from tmvalite.data.expression.text import render_expression

__all__ = ["FUNCTIONS", "Context", "Expression", "ExpressionNode", "Values", "evaluate", "parse_expression", "render_expression"]
