"""Which codes of errors and warnings a run of the tests gives; after a run of all tests, those that none gave fail it.

Codes of all worker processes are put together. Errors of programs that a test starts are not seen.
"""

from __future__ import annotations

import pytest

from tmvalite.error_codes import CODES
from tmvalite.errors import TmvaliteError, TmvaliteWarning

WITHOUT_CODE = {
    "data",
    "error",
    "expression",
    "file",
    "option",
    "shape",
    "syntax",
    "training",
    "unavailable",
    "warning",
}  # defaults of classes
UNSEEN = {"strategy-syntax"}  # of what cannot be brought about: the grammar of strategies reads every text


class RaisedCodes:
    """A plugin of pytest; see above."""

    def __init__(self):
        self.codes: set[str] = set()
        for cls in (TmvaliteError, TmvaliteWarning):
            cls.__init__ = self._noting(cls.__init__)

    def _noting(self, begin):
        def __init__(error, *arguments, **keywords):
            begin(error, *arguments, **keywords)
            self.codes.add(error.code)

        return __init__

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error):
        self.codes.update(getattr(node, "workeroutput", {}).get("codes", ()))

    def pytest_sessionfinish(self, session, exitstatus):
        config = session.config
        if hasattr(config, "workeroutput"):
            config.workeroutput["codes"] = sorted(self.codes)
            return
        if hasattr(config, "cache"):
            config.cache.set("tmvalite/raised-codes", sorted(self.codes))
        if exitstatus == pytest.ExitCode.OK and _everything(config) and (wrong := self.wrong()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            config.get_terminal_writer().line(f"\n{wrong}", red=True)

    def wrong(self) -> str:
        """What the codes of a whole run say against the lists, or nothing."""
        wanted = set(CODES) - WITHOUT_CODE - UNSEEN
        lines = [f"no test gives the code {code}" for code in sorted(wanted - self.codes)]
        lines += [f"a test gives the code {code}, which tests/raised_codes.py lists as unseen" for code in UNSEEN & self.codes]
        return "\n".join(lines)


def _everything(config) -> bool:
    """Whether nothing was selected or left out."""
    options = config.option
    chosen = (options.keyword, options.markexpr, getattr(options, "lf", False), options.deselect, options.ignore)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not any(chosen)
