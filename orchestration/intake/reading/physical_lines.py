"""Count the lines of delimited text from its bytes, and find a byte that is not in the file's encoding.

The count does not use the CSV reader: it is what the reader's rows are held against. A line ends with a line
feed, a carriage return, or both; what follows the last of them is a line, too.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_CHUNK = 1 << 18


class WrongByte(NamedTuple):
    """A byte (0 to 255) that cannot be read, with its line and its position in that line, counted from 1."""

    line: int
    position: int
    byte: int


def count_lines(file: BinaryIO, encoding: str) -> int:
    """Return the number of lines of a file opened for reading bytes; text that cannot be decoded counts."""
    lines = 0
    last = b""
    for chunk in _chunks(file) if _reads_bytewise(encoding) else _as_utf8(file, encoding):
        lines += chunk.count(b"\n")
        if b"\r" in chunk:
            lines += chunk.count(b"\r") - chunk.count(b"\r\n")
        lines -= last == b"\r" and chunk.startswith(b"\n")
        last = chunk[-1:] or last
    return lines + (last not in (b"", b"\n", b"\r"))


def find_wrong_byte(file: BinaryIO, encoding: str) -> WrongByte | None:
    """Return the first byte that is not in the encoding, or None."""
    decode = codecs.getincrementaldecoder(encoding)()
    line, position = 1, 1
    while chunk := file.read(_CHUNK):
        try:
            text = decode.decode(chunk)
        except UnicodeDecodeError as fault:
            # The decoder may hold the first bytes of a character from the chunk before.
            before = fault.object[: fault.start].decode(encoding, errors="replace")
            line, position = _after(before, line, position)
            return WrongByte(line, position, fault.object[fault.start])
        line, position = _after(text, line, position)
    try:
        decode.decode(b"", final=True)
    except UnicodeDecodeError as fault:
        return WrongByte(line, position, fault.object[fault.start])
    return None


def _after(text: str, line: int, position: int) -> tuple[int, int]:
    """Return line and position after a text that begins at `line` and `position`."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in plain:
        return line, position + len(plain)
    return line + plain.count("\n"), len(plain) - plain.rfind("\n")


def _reads_bytewise(encoding: str) -> bool:
    """Return whether every ASCII character is its own byte in an encoding, and no other has such a byte.

    In other encodings than UTF-8, each character must be one byte with a fixed meaning.
    """
    if encoding in ("utf-8", "utf-8-sig"):
        return True
    if encoding.startswith("utf"):
        return False
    every = bytes(range(256))
    try:
        forward, backward = (data.decode(encoding, errors="replace") for data in (every, every[::-1]))
        known = "".join(sign for sign in forward if sign != "\ufffd")
        is_same = known.encode(encoding).decode(encoding) == known
    except (UnicodeError, LookupError):
        return False
    is_ascii = forward[:128] == "".join(map(chr, range(128)))
    return is_same and is_ascii and len(forward) == 256 and forward == backward[::-1]


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _as_utf8(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for chunk in _chunks(file):
        yield decoder.decode(chunk).encode(errors="replace")
    yield decoder.decode(b"", final=True).encode(errors="replace")
