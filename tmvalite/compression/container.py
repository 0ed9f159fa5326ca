"""The file format below an archive: named parts in a zip file, the same bytes for the same parts, nothing trusted in reading.

Parts are stored, deflated or packed by LZMA, whatever is shortest. No time and no owner is recorded. A part may be read only
if its size agrees with what the header of the archive announces, and nothing can grow by more than deflate can shrink.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from tmvalite.compression.pack import lzma_is_shorter
from tmvalite.errors import FileError, quoted

try:
    from lzma import LZMAError
except ImportError:  # Python built without it cannot meet this error

    class LZMAError(Exception):
        """Stands for the error of the module that is missing."""


GROWTH = 1100  # bytes that one packed byte may become; deflate reaches 1032
SLACK = 1 << 16  # bytes that any part may have beside
MAX_PARTS = 100_000
_LEVEL = 6  # of deflate
_PROBE = 1 << 18  # bytes by which the better of two packings is found
_TIME = (1980, 1, 1, 0, 0, 0)  # the first that zip can express


def pack_parts(parts: Mapping[str, bytes]) -> bytes:
    """A file of these parts in this order."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            info.compress_type = _packing(data)
            archive.writestr(info, data, compresslevel=_LEVEL)
    return file.getvalue()


def _packing(data: bytes) -> int:
    """The zip method for these bytes; LZMA, which some builds of Python lack, only where it gains."""
    step = max(len(data) // 16, 1)  # a sixteenth of the probe from every sixteenth of the data: the planes differ
    probe = data if len(data) <= _PROBE else b"".join(data[at : at + _PROBE // 16] for at in range(0, len(data), step))
    short = len(zlib.compress(probe, _LEVEL))
    if short >= len(probe):
        return zipfile.ZIP_STORED
    # What packs by LZMA might grow by more than a reader allows, so nothing but what deflate packs by far less goes there.
    if len(data) < 1 << 12 or 10 * short < len(probe) or not lzma_is_shorter(probe, 0.98 * short):
        return zipfile.ZIP_DEFLATED
    return zipfile.ZIP_LZMA


class Parts:
    """The parts of an open file; sizes and names are checked before anything is read.

    Raises
    ------
    FileError
        The file is no such container, is damaged, or its parts claim more than they can hold.
    """

    def __init__(self, file: BinaryIO, name: str):
        self.name = name
        try:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            self._archive = zipfile.ZipFile(file)
            infos = self._archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError) as problem:
            raise FileError(
                f"'{name}' is no archive of tmvalite", code="archive-kind", hint="tmvalite compress MODEL INPUT OUTPUT writes one"
            ) from problem
        self._infos = {info.filename: info for info in infos}
        if len(infos) > MAX_PARTS or len(self._infos) < len(infos):
            raise self.damaged("it has too many parts, or two of one name")
        if sum(info.compress_size for info in infos) > size:
            raise self.damaged("its parts overlap")
        for info in infos:
            if info.file_size > GROWTH * info.compress_size + SLACK:
                raise self.damaged(
                    f"its part {quoted(info.filename)} claims to unpack to {info.file_size} bytes from {info.compress_size}"
                )

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def packed_size(self, name: str) -> int:
        return self._infos[name].compress_size

    def packed_sizes(self) -> dict[str, int]:
        """Bytes of every part in the file."""
        return {name: info.compress_size for name, info in self._infos.items()}

    def size(self, name: str) -> int:
        """Bytes that a part claims to unpack to. Raises FileError if there is no such part."""
        if name not in self._infos:
            raise self.damaged(f"its part {quoted(name)} is missing")
        return self._infos[name].file_size

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a part of at most `limit` bytes, the sum over which was checked. Raises FileError."""
        size = self.size(name)
        info = self._infos[name]
        if size > limit:
            raise self.damaged(f"its part {quoted(name)} has {size} bytes, not {limit}")
        if info.flag_bits & 0x1:
            raise self.damaged(f"its part {quoted(name)} is encrypted")
        try:
            with self._archive.open(info) as part:
                data = part.read(size)
                end = part.read(1)  # at the end the checksum is compared
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            ValueError,
            RuntimeError,
            LZMAError,
        ) as problem:
            raise self.damaged(f"its part {quoted(name)} cannot be unpacked ({problem})") from problem
        if len(data) != size or end:
            raise self.damaged(f"its part {quoted(name)} is cut off")
        return data

    def damaged(self, why: str) -> FileError:
        return damaged(self.name, why)


def damaged(name: str, why: str) -> FileError:
    """The error of an archive that does not hold together."""
    return FileError(f"the archive '{name}' is damaged: {why}", code="archive-damaged")
