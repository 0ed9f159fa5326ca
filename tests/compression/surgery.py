"""An archive taken apart into JSON values and bytes, and put together again with right checksums, whatever was changed."""

import zlib
from pathlib import Path

from tmvalite.compression.container import _END, _WORD, MAGIC, MemoryBytes, Sections, pack_json, unpack_json


def take_apart(data):
    """Index, directories and bodies of the chunks, and the bytes behind them."""
    sections = Sections(MemoryBytes(data), "the archive")
    at, chunks = len(MAGIC), []
    for _, head, size, _ in sections.index["chunks"]:
        chunks.append([unpack_json(data[at : at + head], 1 << 24), data[at + head : at + size]])
        at += size
    return sections.index, chunks, data[at : sections.end]


def put_together(index, chunks, rest):
    """The file."""
    out = MAGIC
    for item, (directory, body) in zip(index["chunks"], chunks):
        head = pack_json(directory)
        item[1:] = [len(head), len(head) + len(body), zlib.crc32(head)]
        out += head + body
    data = pack_json(index)
    return out + rest + data + _END.pack(len(data), zlib.crc32(data), _WORD)


def change(path, edit, target=None):
    """Write an archive after `edit(index, chunks)`, which changes them in place."""
    index, chunks, rest = take_apart(Path(path).read_bytes())
    edit(index, chunks)
    target = Path(target or path)
    target.write_bytes(put_together(index, chunks, rest))
    return target
