"""From the graph to descriptors: lowering, backward, formats, buffers."""

from .plan import Plan, make_plan

__all__ = ["Plan", "make_plan"]
