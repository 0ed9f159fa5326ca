"""Reading XML that nobody vouches for, with the standard library's parser and limits of our own.

Document types (hence entities), processing instructions and encodings other than UTF-8 are refused; depth, number of
elements and attributes and the length of attributes are bounded. Nothing outside the file is opened. A file packed with
gzip is unpacked while it is read, to a bounded size.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from xml.parsers import expat

from tmvalite.errors import FileError, quoted
from tmvalite.io.xml_element import XmlElement

MAX_DEPTH = 32
MAX_ELEMENTS = 200_000  # of a small file; a larger one may have more, as long as they fill it
ELEMENT_BYTES = 40  # that an element beyond these fills at least: the shortest one that is written in numbers takes 70
MAX_ATTRIBUTES = 1000  # of one element
MAX_ATTRIBUTE_LENGTH = 1 << 16  # characters; the long texts of a weight file are no attributes
# Text of numbers packs to a third; beyond both limits a small file asks for memory that its content does not need.
MAX_UNPACKED = 1 << 26  # bytes that any packed file may have
MAX_RATIO = 50  # of unpacked to packed
_GZIP = b"\x1f\x8b"
_PIECE = 1 << 16  # bytes read at first; pieces grow with the file, since the parser looks at a long text anew with each
_ENCODINGS = ("utf-8", "us-ascii", "ascii")


class XmlText(os.PathLike):
    """The text of an XML file in place of its path."""

    def __init__(self, text: str):
        self.text = text

    def __fspath__(self) -> str:
        return "the XML text"


def read_xml(path: str | os.PathLike) -> XmlElement:
    """The root element of an XML file, plain or packed with gzip, or of an XmlText.

    Raises
    ------
    FileError
        The file cannot be opened, is cut off, is not XML, or goes beyond what a weight file needs.

    Notes
    -----
    Memory stays in proportion to the size of the file; the limits bound what small files can ask for.
    """
    name = os.fspath(path)
    if isinstance(path, XmlText):
        return _Builder(name).read(io.BytesIO(path.text.encode("utf-8", "replace")))
    try:
        with open(path, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileError(f"cannot read '{name}': it is not a plain file", code="file-not-plain")
            packed = file.read(2) == _GZIP
            file.seek(0)
            return _Builder(name).read(_Unpacked(name, file) if packed else file)
    except FileError:
        raise
    except FileNotFoundError as error:
        raise FileError(f"there is no file '{name}'", code="file-missing") from error
    except IsADirectoryError as error:
        raise FileError(f"cannot read '{name}': it is a folder", code="file-is-folder", hint="add a file name") from error
    except PermissionError as error:
        cause = "it is a folder" if os.path.isdir(path) else "no permission"  # Windows gives this error for folders
        raise FileError(f"cannot read '{name}': {cause}", code="file-permission") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise FileError(f"cannot read '{quoted(name)[1:-1]}': {error}", code="file-read") from error


class _Unpacked:
    """Reads a gzip file up to a size that its own size allows. Raises FileError where it is damaged or too large."""

    def __init__(self, name: str, file):
        self.name, self.stream, self.count = name, gzip.GzipFile(fileobj=file), 0
        self.limit = max(MAX_UNPACKED, MAX_RATIO * os.fstat(file.fileno()).st_size)

    def read(self, size: int) -> bytes:
        try:
            piece = self.stream.read(size)
        except EOFError as error:
            hint = "copy the file again, or write it again"
            raise FileError(
                f"'{self.name}' is cut off: its packed text does not end", code="file-truncated", hint=hint
            ) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FileError(f"'{self.name}' is damaged: it cannot be unpacked ({error})", code="file-damaged") from error
        self.count += len(piece)
        if self.count > self.limit:
            raise FileError(f"'{self.name}' unpacks to more than {self.limit} bytes", code="xml-limit")
        return piece


class _Builder:
    """Builds the tree of XmlElement while the parser reads."""

    def __init__(self, name: str):
        self.name = name
        self.count = 0
        self.root: XmlElement | None = None
        self.open: list[XmlElement] = []
        self.texts: list[list[str]] = []
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = _PIECE
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.document_type
        parser.ProcessingInstructionHandler = self.instruction
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters

    def read(self, file) -> XmlElement:
        piece = file.read(_PIECE)
        if not piece:
            raise FileError(f"'{self.name}' is empty", code="file-truncated", expected="a weight file")
        if piece[:2] in (b"\xfe\xff", b"\xff\xfe") or b"\0" in piece[:4]:
            raise FileError(
                f"'{self.name}' is written in UTF-16 or UTF-32, or is not text",
                code="xml-encoding",
                expected="a text file in UTF-8",
            )
        try:
            done = 0
            while piece:
                self.parser.Parse(piece, False)
                done += len(piece)
                piece = file.read(max(_PIECE, done // 4))
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self.not_xml(error) from error
        except (ValueError, LookupError) as error:  # from the tables of encodings, whatever the declaration names
            raise self.fail(f"has an encoding that cannot be read ({error})", "xml-encoding") from error
        return self.root

    def not_xml(self, error: expat.ExpatError) -> FileError:
        cut = (
            expat.errors.XML_ERROR_NO_ELEMENTS,
            expat.errors.XML_ERROR_UNCLOSED_TOKEN,
            expat.errors.XML_ERROR_PARTIAL_CHAR,
            expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        )
        if expat.ErrorString(error.code) in cut and self.at_the_end():
            if self.open:
                path = " > ".join(e.tag for e in self.open)
                return FileError(
                    f"'{self.name}' is cut off: it ends inside {self.open[-1].tag}",
                    code="file-truncated",
                    where=f"line {error.lineno}, {path}",
                    expected=f"</{self.open[-1].tag}>",
                    hint="copy the file again, or write it again",
                )
            return FileError(
                f"'{self.name}' is cut off: it ends before its first element is complete",
                code="file-truncated",
                where=f"line {error.lineno}",
                expected="<MethodSetup ...>",
                hint="copy the file again, or write it again",
            )
        return FileError(
            f"'{self.name}' is damaged or is no XML file: {expat.ErrorString(error.code)}",
            code="xml-syntax",
            where=f"line {error.lineno}, column {error.offset + 1}",
        )

    def at_the_end(self) -> bool:
        return self.root is None or bool(self.open)

    def fail(self, message: str, code: str, expected=()) -> FileError:
        path = "".join(f" > {e.tag}" for e in self.open)[3:]
        line = f"line {self.parser.CurrentLineNumber}"
        return FileError(f"'{self.name}' {message}", code=code, where=f"{line}, {path}" if path else line, expected=expected)

    def declaration(self, version, encoding, standalone):
        if version != "1.0":
            raise self.fail(f"is written in version {quoted(version)} of XML", "xml-version", "version 1.0")
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise self.fail(f"is written in the encoding {quoted(encoding)}", "xml-encoding", "UTF-8")

    def document_type(self, name, system, public, internal):
        raise self.fail("has a document type (DOCTYPE), which no weight file has", "xml-doctype")

    def instruction(self, target, data):
        raise self.fail(f"has the processing instruction {quoted(target)}, which no weight file has", "xml-instruction")

    def start(self, tag, attributes):
        self.count += 1
        if len(self.open) >= MAX_DEPTH:
            raise self.fail(f"has elements more than {MAX_DEPTH} deep", "xml-limit")
        if self.count > MAX_ELEMENTS and self.count * ELEMENT_BYTES > self.parser.CurrentByteIndex:
            raise self.fail(f"has {self.count} elements in {self.parser.CurrentByteIndex} bytes", "xml-limit")
        if len(attributes) > MAX_ATTRIBUTES:
            raise self.fail(f"has an element with more than {MAX_ATTRIBUTES} attributes", "xml-limit")
        for value in attributes.values():
            if len(value) > MAX_ATTRIBUTE_LENGTH:
                raise self.fail(f"has an attribute of more than {MAX_ATTRIBUTE_LENGTH} characters", "xml-limit")
        parent = self.open[-1] if self.open else None
        element = XmlElement(self.name, tag, attributes, self.parser.CurrentLineNumber, parent)
        if parent is None:
            self.root = element
        else:
            parent.add(element)
        self.open.append(element)
        self.texts.append([])

    def end(self, tag):
        element = self.open.pop()
        element.text = "".join(self.texts.pop())

    def characters(self, text):
        if self.texts:
            self.texts[-1].append(text)
