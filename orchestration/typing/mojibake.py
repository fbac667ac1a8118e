"""Repair text whose UTF-8 was read as Windows-1252 (`Murangâ€™a`)."""

from __future__ import annotations

# Windows-1252 leaves five bytes undefined; programs keep their number as the code point.
_BYTES = {
    bytes([byte]).decode("cp1252", errors="ignore") or chr(byte): byte for byte in range(0x80, 0x100)
} | {chr(byte): byte for byte in range(0x80)}


def repaired(text: str) -> str | None:
    """Return the repaired text; None where it was not broken (no text is valid UTF-8 by chance)."""
    if text.isascii():
        return None
    try:
        return bytes([_BYTES[sign] for sign in text]).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None
