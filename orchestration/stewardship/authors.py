"""Names of those who decide: when two spellings are one person."""

from __future__ import annotations


def same_author(a: str, b: str) -> bool:
    """Two spellings of one name: else "a. steward" could confirm what "A. Steward" decided."""
    return " ".join(a.split()).casefold() == " ".join(b.split()).casefold()
