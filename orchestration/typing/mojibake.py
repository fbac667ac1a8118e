"""Text whose UTF-8 was read as Windows-1252 somewhere on its way (`Murangâ€™a`) → the text it was."""

from __future__ import annotations

# Windows-1252 leaves five bytes without a sign; programs then keep the byte's own number.
_BYTES = {
    bytes([byte]).decode("cp1252", errors="ignore") or chr(byte): byte for byte in range(0x80, 0x100)
} | {chr(byte): byte for byte in range(0x80)}


def repaired(text: str) -> str | None:
    """The text before it was broken, or None where it was not: no word is valid UTF-8 by chance."""
    if text.isascii():
        return None
    try:
        return bytes([_BYTES[sign] for sign in text]).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None
