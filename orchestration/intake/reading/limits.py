"""How much a file may make the reader do: past a limit it is refused with a sentence and not unpacked.

The numbers leave room for the largest honest extract known (a workbook of 200,000 rows expands to about
0.2 GB) and keep the worst hostile one within the memory of a laptop.
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
# Deflate reaches 1032:1 only on one sign repeated; sheets of real tables stay below 60:1.
HIGHEST_RATIO, RATIO_COUNTS_FROM = 250, 32 * MEGABYTE
LONGEST_LINE = 16 * MEGABYTE
MOST_COLUMNS = 4_096
_STREAMED = ("xl/worksheets/", "xl/media/", "media/")


def refuse_bomb(path: Path, label: str) -> None:
    """Refuse a zip (a workbook is one) that would expand past the limits. Reading stops at what it declares.

    Raises ExtractUnreadable; a zip too broken to list is left to its reader's own sentence.
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
    blown_up = any(
        member.file_size > RATIO_COUNTS_FROM
        and member.file_size > HIGHEST_RATIO * max(member.compress_size, 1)
        for member in members
    )
    if len(members) > MOST_MEMBERS:
        raise _too_large(label, f"holds {len(members):,} files (at most {MOST_MEMBERS:,} are read)")
    if expanded > MOST_EXPANDED or held > MOST_HELD or blown_up:
        raise _too_large(
            label,
            f"is {path.stat().st_size / MEGABYTE:,.1f} MB and would expand to {expanded / MEGABYTE:,.0f} MB",
        )


def lines(file: TextIO, label: str) -> Iterator[str]:
    """The lines of a text file; one without line ends must not fill the memory."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise _too_large(label, f"has more than {LONGEST_LINE / MEGABYTE:.0f} MB in line {number}")
        yield line


def _too_large(label: str, found: str) -> ExtractUnreadable:
    return ExtractUnreadable(
        "too_large",
        f"{label} {found}, which no honest extract does. Nothing of it was kept. Ask the partner to export "
        "it again, without blank formatted rows; split a really large one.",
    )
