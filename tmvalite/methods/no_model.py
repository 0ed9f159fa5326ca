"""What a method that is no single network answers where it is asked for a model in a file, or for densities of its output."""

from __future__ import annotations

from typing import NoReturn

from tmvalite.errors import FileError
from tmvalite.methods.described import DescribedOutput


class NoModel(DescribedOutput):
    """A method without an ONNX file or a C++ class of its own.

    Attributes
    ----------
    instead : str
        What has one.
    """

    instead, without_densities = "", None
    densities = None

    def to_onnx(self, path, **more) -> NoReturn:
        """Raises FileError: there is no ONNX file for it."""
        self._refuse("ONNX file")

    def MakeClass(self, path="") -> NoReturn:
        """Raises FileError: there is no C++ class for it."""
        self._refuse("C++ class")

    def _refuse(self, what: str) -> NoReturn:
        raise FileError(f"there is no {what} for '{self.title}', a {type(self).__name__}", code="file-none", hint=self.instead)

    def _trained(self):
        return self
