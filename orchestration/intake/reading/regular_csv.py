"""Find CSV bytes that Python's reader and Arrow's surely split alike.

They differ where no standard decides: a quotation mark inside an unquoted cell, a byte order mark inside a
file. Bytes with any of these, and cells of several lines, are read by Python (`csv_records`), which defines
how a file is split. Arrow itself stops at lines of another width, blank ones included.
"""

from __future__ import annotations

import codecs

import numpy as np
import numpy.typing as npt

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13
_Places = npt.NDArray[np.int64]


def regular_end(data: bytes, delimiter: str) -> int | None:
    """Return the end of the complete records in `data`; None if the two readers may differ on them."""
    if b"\0" in data or data.startswith(codecs.BOM_UTF8):
        return None
    if b'"' in data:
        return _regular_quoted(data, delimiter)
    return data.rfind(b"\n") + 1 or None


def _regular_quoted(data: bytes, delimiter: str) -> int | None:
    signs = np.frombuffer(data, np.uint8)
    lines = np.flatnonzero(signs == _NEWLINE)
    # A carriage return alone ends a line for Python's reader, but not always for Arrow's.
    if np.count_nonzero(signs == _RETURN) != np.count_nonzero(signs[lines[lines > 0] - 1] == _RETURN):
        return None
    quotes = np.flatnonzero(signs == _QUOTE)
    is_inside = (np.searchsorted(quotes, lines) & 1).astype(bool)
    ends = lines[~is_inside]
    if not len(ends) or (is_inside & (lines < ends[-1])).any():
        return None
    end = int(ends[-1]) + 1
    quotes = quotes[: np.searchsorted(quotes, end)]
    if not _quotes_are_regular(signs[:end], quotes, ord(delimiter)):
        return None
    return end


def _quotes_are_regular(signs: npt.NDArray[np.uint8], quotes: _Places, delimiter: int) -> bool:
    """Return whether opening marks follow, and closing marks precede, a delimiter, line end or mark."""
    opening, closing = quotes[0::2], quotes[1::2]
    before = signs[np.maximum(opening - 1, 0)]
    after = signs[np.minimum(closing + 1, len(signs) - 1)]
    borders = np.zeros(256, bool)
    borders[[delimiter, _NEWLINE, _QUOTE]] = True
    opens = borders[before] | (opening == 0)
    borders[_RETURN] = True
    return bool(opens.all() and borders[after].all())


def reads_bytewise(encoding: str) -> bool:
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
