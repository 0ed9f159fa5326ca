"""Arrays in a safetensors file: 8 bytes of length, a header in JSON, the numbers. Written whole or not at all.

Source: the format of https://github.com/huggingface/safetensors, 0.x. Nothing in a file is trusted: sizes are compared with the
length of the file before anything is read, and the parts must cover the numbers without a gap.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np

from tmvalite.errors import FileError
from tmvalite.io.atomic import write_atomic

MOST_HEADER = 50_000_000  # bytes
METADATA = "__metadata__"
_TYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8", "I64": "<i8",
    "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip
_NAMES = {np.dtype(text): name for name, text in _TYPES.items()}


def write_safetensors(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Write arrays by name, and texts. Raises FileError."""
    found = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}
    header: dict = {METADATA: dict(metadata)}
    start = 0
    for name, array in found.items():
        stop = start + array.nbytes
        header[name] = {"dtype": _NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [start, stop]}
        start = stop
    text = json.dumps(header, allow_nan=False).encode("utf-8")
    text += b" " * (-len(text) % 8)  # so that the numbers are aligned

    def fill(file: BinaryIO) -> None:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in found.values():
            file.write(array.data if array.nbytes else b"")

    write_atomic(path, fill)


def read_safetensors(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays by name, and the texts. Raises FileError, which names the file."""
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, MOST_HEADER):
                raise _damaged(name, "its header does not fit the file")
            text = file.read(length)
            content = memoryview(bytearray(size - 8 - length))
            if file.readinto(content) != len(content):
                raise _damaged(name, "it ends too early")
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot read '{name}': {error.strerror or error}", code="file-read") from error
    try:
        header = json.loads(text)
        metadata = header.pop(METADATA, {}) if isinstance(header, dict) else None
        if not isinstance(metadata, dict) or not all(isinstance(one, str) for one in metadata.values()):
            raise ValueError("its texts are no texts")
        return _arrays(header, content), metadata
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(name, "its header cannot be read") from error


def _arrays(header: Mapping, content: memoryview) -> dict[str, np.ndarray]:
    found, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        dtype, shape, (start, stop) = np.dtype(_TYPES[entry["dtype"]]), entry["shape"], entry["data_offsets"]
        if not all(type(n) is int and n >= 0 for n in (*shape, start, stop)):
            raise ValueError("a size is no number")
        count = 1
        for n in shape:
            count *= n
        if start != end or stop - start != count * dtype.itemsize or stop > len(content):
            raise ValueError("the parts do not fit")
        found[name] = np.frombuffer(content[start:stop], dtype).reshape(shape)
        end = stop
    if end != len(content):
        raise ValueError("there is more than the header says")
    return found


def _damaged(name: str, why: str) -> FileError:
    return FileError(f"'{name}' is no safetensors file, or is damaged: {why}", code="checkpoint-damaged")
