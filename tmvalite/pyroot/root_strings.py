"""TString and TCut: texts that scripts put together."""

from __future__ import annotations


class TString:
    """A text that can be changed in place.

    >>> text = TString("MaxEpochs=20")
    >>> text += ",BatchSize=100"
    >>> print(text.Append(":CPU"))
    MaxEpochs=20,BatchSize=100:CPU
    """

    __hash__ = None  # it may change

    def __init__(self, text=""):
        self._text = str(text)

    def __str__(self):
        return self._text

    def __repr__(self):
        return repr(self._text)

    def __format__(self, how):
        return format(self._text, how)

    def __fspath__(self):
        return self._text

    def __len__(self):
        return len(self._text)

    def __getitem__(self, at):
        return self._text[at]

    def __contains__(self, part):
        return str(part) in self._text

    def __eq__(self, other):
        return self._text == str(other) if isinstance(other, str | TString) else NotImplemented

    def __add__(self, other):
        return TString(self._text + str(other))

    def __radd__(self, other):
        return TString(str(other) + self._text)

    def __iadd__(self, other):
        return self.Append(other)

    def Data(self) -> str:
        """The text."""
        return self._text

    def Append(self, text) -> TString:
        """Put a text behind it."""
        self._text += str(text)
        return self

    def Prepend(self, text) -> TString:
        """Put a text before it."""
        self._text = str(text) + self._text
        return self

    def ReplaceAll(self, old, new) -> TString:
        """Replace every `old` by `new`."""
        self._text = self._text.replace(str(old), str(new))
        return self

    def ToLower(self) -> None:
        """Make all letters small."""
        self._text = self._text.lower()

    def ToUpper(self) -> None:
        """Make all letters large."""
        self._text = self._text.upper()

    def Length(self) -> int:
        """The number of characters."""
        return len(self._text)

    def IsNull(self) -> bool:
        """Whether it is empty."""
        return not self._text

    def Contains(self, part) -> bool:
        """Whether a text is in it."""
        return str(part) in self._text

    def BeginsWith(self, part) -> bool:
        """Whether it begins with a text."""
        return self._text.startswith(str(part))

    def EndsWith(self, part) -> bool:
        """Whether it ends with a text."""
        return self._text.endswith(str(part))

    def Index(self, part) -> int:
        """Where a text begins in it, -1 where it is not."""
        return self._text.find(str(part))

    def Atoi(self) -> int:
        """The whole number that it is."""
        return int(self._text)

    def Atof(self) -> float:
        """The number that it is."""
        return float(self._text)

    @staticmethod
    def Format(form, *values) -> TString:
        """A text with `%` places, filled."""
        return TString(str(form) % tuple(str(value) if isinstance(value, TString) else value for value in values))


class TCut:
    """A selection; `+` joins two by "and", `*` multiplies.

    >>> print(TCut("a > 1") + TCut("b < 2") + "")
    (a > 1)&&(b < 2)
    """

    __hash__ = None

    def __init__(self, *texts):
        """TCut(), TCut(cut) or TCut(name, cut)."""
        self._name, self._cut = ("CUT", "") if not texts else ("CUT", str(texts[0])) if len(texts) == 1 else map(str, texts)

    def __str__(self):
        return self._cut

    def __repr__(self):
        return f"TCut({self._cut!r})"

    def __eq__(self, other):
        return self._cut == str(other) if isinstance(other, str | TString | TCut) else NotImplemented

    def _joined(self, first, second, sign: str) -> TCut:
        parts = [text for text in (str(first), str(second)) if text.strip()]
        return TCut(sign.join(f"({part})" for part in parts) if len(parts) == 2 else "".join(parts))

    def __add__(self, other):
        return self._joined(self, other, "&&")

    def __radd__(self, other):
        return self._joined(other, self, "&&")

    def __mul__(self, other):
        return self._joined(self, other, "*")

    def __rmul__(self, other):
        return self._joined(other, self, "*")

    def GetTitle(self) -> str:
        """The selection."""
        return self._cut

    def SetTitle(self, cut) -> None:
        """Change the selection."""
        self._cut = str(cut)

    def GetName(self) -> str:
        """Its name, "CUT" where none was given."""
        return self._name

    def Print(self, option="") -> None:
        """Print the selection."""
        print(self._cut)
