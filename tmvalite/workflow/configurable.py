"""What Factory and Reader share of TMVA's Configurable: their options by name."""

from __future__ import annotations

from tmvalite.string_utils.option_table import BoundOptions
from tmvalite.workflow.members import TmvaNames


class Configurable(TmvaNames):
    """An object with an option string, `options`."""

    options: BoundOptions

    def GetOptions(self) -> str:
        """The option string and the keywords, joined by ':'."""
        return self.options.source.text

    def GetConfigName(self) -> str:
        """The name of the class, as "Factory"."""
        return type(self).__name__

    def PrintOptions(self) -> None:
        """Every option with its value; what was not given is marked as default."""
        for name, text, given in self.options.items():
            print(f'{name}: "{text}"{"" if given else " [default]"}')
