"""C++ macros with TMVA's calls as Python scripts: text -> tokens -> statements -> Python.

`migrate(text, name)` is all that others need.
"""

from tmvalite.migration.script import migrate

__all__ = ["migrate"]
