"""Limits on the size of files; a file beyond them is refused without being unpacked.

The limits admit the largest honest extract known (a workbook of 200,000 rows expands to about 0.2 GB) and
keep the worst hostile one within the memory of a laptop.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from orchestration.intake.outcomes import ExtractUnreadable

MEGABYTE = 1 << 20
MOST_MEMBERS = 10_000
MOST_EXPANDED = 2_048 * MEGABYTE
# A workbook's shared texts, styles and lists of sheets are held in memory while its rows stream.
MOST_HELD = 256 * MEGABYTE
# Deflate reaches 1032:1 only on one repeated character; sheets of real tables stay below 60:1.
HIGHEST_RATIO, RATIO_COUNTS_FROM = 250, 32 * MEGABYTE
LONGEST_LINE = 16 * MEGABYTE
MOST_COLUMNS = 16_384  # as in a workbook
_STREAMED = ("xl/worksheets/", "xl/media/", "media/")


def refuse_bomb(path: Path, label: str) -> None:
    """Raise ExtractUnreadable for a zip (or workbook) that would expand past the limits.

    The sizes are those it declares, where reading stops. A zip too broken to list is left to its reader.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return
    expanded = sum(member.file_size for member in members)
    held = sum(
        member.file_size
        for member in members
        if not member.filename.casefold().startswith(_STREAMED)
        and not member.filename.casefold().endswith(".csv")
    )
    is_bomb = any(
        member.file_size > RATIO_COUNTS_FROM
        and member.file_size > HIGHEST_RATIO * max(member.compress_size, 1)
        for member in members
    )
    if len(members) > MOST_MEMBERS:
        raise _too_large(label, f"holds {len(members):,} files (at most {MOST_MEMBERS:,} are read)")
    if expanded > MOST_EXPANDED or held > MOST_HELD or is_bomb:
        raise _too_large(
            label,
            f"is {path.stat().st_size / MEGABYTE:,.1f} MB and would expand to {expanded / MEGABYTE:,.0f} MB",
        )


def lines(file: TextIO, label: str, number: int = 0) -> Iterator[str]:
    """Yield the lines of a text file after line `number`.

    A length limit keeps a file without line ends out of memory.
    """
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise _too_large(label, f"has more than {LONGEST_LINE / MEGABYTE:.0f} MB in line {number}")
        yield line


def _too_large(label: str, found: str) -> ExtractUnreadable:
    return ExtractUnreadable(
        "too_large",
        f"{label} {found}, beyond any honest extract. It was not kept. Ask the partner to export it again "
        "without blank formatted rows, and to split a really large one.",
    )
