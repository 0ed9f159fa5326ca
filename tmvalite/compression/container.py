"""The file format below an archive: sections of bytes one after the other, and an index at the end that says what they are.

    first 8 bytes       what kind of file this is, and the version of the format
    sections            their lengths and checksums (CRC-32) stand in the index or in a section before
    index               JSON, deflated where that is shorter
    last 12 bytes       length of the index, its checksum, and the word "tmvz"

Sections are read one by one, wherever they lie; every length is compared with that of the file before anything is read. No time
and no owner is recorded: the same sections are the same bytes.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from typing import BinaryIO

from tmvalite.errors import FileError

VERSION = 3
MAGIC = b"\x89tmvz\x03\r\n"
_END = struct.Struct("<II4s")
_WORD = b"tmvz"
_MOST = 1 << 21  # bytes of an index, and a sixteenth of what it is packed
# Words that most indices have: what deflate may refer to from the first byte on.
_USUAL = (
    b'"length":,"latent":[],"whole":1,"counts":{"digest":""network":1,"correction":{"mode":"step","size":1.0,"entries":},'
    b'"curves":[[,[]]],"rows":1},"special":,"exponent":-,"prediction":{"columns":[0],"line":[0.0,"rest":[0,"raw":[0,"kept":['
    b'"model":{"file":".weights.xml","sha256":"","variables":[],"latent":0,"embedded":"decoder"},"precision":"float16","start":['
    b'"extras":[["names","<U"],"shapes":{"0":[]},"varying":[],"digits":[,"spelling":{},"model_bytes":['
    b'"<u1","<u2","<u4","<u8","<i1","<i2","|u1","<f2","|b1","<i8","<i4","<f8","<f4",["abs:0.001,0.1%,false,'
    b'"parquet","hdf5","csv","layout":{"delimiter":",","header":true,"end":"\\n"},"layout":{"part":"","compound":false},'
    b'"layout":{"tree":"tree","title":""},"layout":{"order":["data","names"],"deflated":true,"matrix":"data"},'
    b'{"rows":10,"columns":[{"steps":{"mode":"bits","size":1.0,"low":0,{"mode":"step","size":1.0,"low":0},"arrays":{"":[3,'
    b'"exponent":-1,"arrays":{"":[1,1,2]},"crc":1,"exponent":-10},"arrays":{"":[3,1]},"crc":2,"of":[0,1]}]},{"steps":'
    b'{"rows":10,"columns":[{"steps":{"mode":"ratio","size":1.02008,"low":-1'
    b'{"kind":"root","events":100,"original":{"file":".root","bytes":1,{"kind":"npz","events":10,"original":{"file":".npz",'
    b'"bytes":0,"raw_bytes":120},"names":["x","column0","var1","],"types":"<f4","bounds":[[0.01,true,0,1]],"bound":"1%",'
    b'"chunks":[[10,'
)


def pack_json(value) -> bytes:
    """A value of JSON as bytes: 0 and the text, or 1 and the deflated text."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_USUAL)
    short = packer.compress(text) + packer.flush()
    return b"\1" + short if len(short) < len(text) else b"\0" + text


def unpack_json(data: bytes, most: int):
    """The value of `pack_json`, of at most so many bytes of text. Raises ValueError."""
    text = data[1:]
    if data[:1] == b"\1":
        unpacker = zlib.decompressobj(-15, zdict=_USUAL)
        try:
            text = unpacker.decompress(text, most + 1)
        except zlib.error as problem:
            raise ValueError(str(problem)) from problem
        if len(text) <= most and (not unpacker.eof or unpacker.unused_data):
            raise ValueError("text that is cut off")
    elif data[:1] != b"\0":
        raise ValueError("no text")
    if len(text) > most:
        raise ValueError(f"more than {most} bytes of text")
    try:
        return json.loads(text.decode(), parse_constant=_no_constant)
    except RecursionError as problem:
        raise ValueError("too many brackets") from problem


def _no_constant(text: str):
    raise ValueError(text)


class SectionWriter:
    """Writes sections into an open file, then the index."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.size = file.write(MAGIC)

    def add(self, data: bytes) -> None:
        """The next section."""
        self.size += self._file.write(data)

    def finish(self, index) -> None:
        """The index, JSON values, and the end of the file."""
        data = pack_json(index)
        self.size += self._file.write(data)
        self.size += self._file.write(_END.pack(len(data), zlib.crc32(data), _WORD))


class PathBytes:
    """The bytes of a file, which is open only while they are read."""

    def __init__(self, path: str | os.PathLike):
        self._path, self.size = path, os.stat(path).st_size

    def read_at(self, at: int, size: int) -> bytes:
        """Some bytes, fewer where the file ends."""
        with open(self._path, "rb") as file:
            file.seek(at)
            return file.read(size)


class MemoryBytes:
    """Bytes that are in memory."""

    def __init__(self, data: bytes):
        self._data, self.size = data, len(data)

    def read_at(self, at: int, size: int) -> bytes:
        """Some bytes, fewer where they end."""
        return bytes(self._data[at : at + size])


class Sections:
    """The sections of a file.

    Raises
    ------
    FileError
        The file is of another kind or version, cut off, or damaged.
    """

    def __init__(self, source: PathBytes | MemoryBytes, name: str):
        self.name, self._source, self.size = name, source, source.size
        begin = self._read(0, min(len(MAGIC), self.size))
        if begin != MAGIC:
            raise self._other(begin)
        if self.size < len(MAGIC) + _END.size:
            raise self.damaged("it is cut off")
        length, checksum, word = _END.unpack(self._read(self.size - _END.size, _END.size))
        self.end = self.size - _END.size - length
        if word != _WORD or self.end < len(MAGIC):
            raise self.damaged("its end is missing, or is not what it must be")
        data = self._read(self.end, length)
        if zlib.crc32(data) != checksum:
            raise self.damaged("the checksum of its index is wrong")
        try:
            self.index = unpack_json(data, _MOST + length // 16)
        except ValueError as problem:
            raise self.damaged(f"its index is no JSON ({problem})") from problem

    def _other(self, begin: bytes) -> FileError:
        hint = "tmvalite compress INPUT OUTPUT writes one"
        if begin and MAGIC.startswith(begin):
            return self.damaged("it is cut off")
        if begin[:5] == MAGIC[:5]:
            return self._of_version(begin[5], "a later tmvalite may have written it")
        if begin[:2] == b"PK" and b"header.json" in self._read(0, min(self.size, 64)):
            return self._of_version("1 or 2", "decompress it with the tmvalite that wrote it and compress it again")
        return FileError(f"'{self.name}' is no archive of tmvalite", code="archive-kind", hint=hint)

    def _of_version(self, version, hint: str) -> FileError:
        return FileError(
            f"the archive '{self.name}' has version {version} of the format",
            code="archive-version",
            expected=f"version {VERSION}",
            hint=hint,
        )

    def read(self, at: int, size: int, what: str) -> bytes:
        """The bytes of a section, which ends before the index. Raises FileError."""
        if not (len(MAGIC) <= at and 0 <= size and at + size <= self.end):
            raise self.damaged(f"{what} lies outside of the file")
        return self._read(at, size)

    def _read(self, at: int, size: int) -> bytes:
        try:
            data = self._source.read_at(at, size)
        except (OSError, ValueError) as problem:
            raise self.damaged(f"it cannot be read ({problem})") from problem
        if len(data) != size:
            raise self.damaged("it is cut off")
        return data

    def damaged(self, why: str) -> FileError:
        return damaged(self.name, why)


def damaged(name: str, why: str) -> FileError:
    """The error of an archive that does not hold together."""
    return FileError(f"the archive '{name}' is damaged: {why}", code="archive-damaged")
