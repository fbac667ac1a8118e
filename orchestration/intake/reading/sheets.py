"""The sheets that every reader yields, for any file format, and limits on the size of files.

A file beyond the limits is refused without being unpacked. They admit the largest honest extract known (a
workbook of 200,000 rows expands to about 0.2 GB) and keep the worst hostile one within a laptop's memory.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol, Self, TextIO

from orchestration.intake.outcomes import ExtractUnreadable
from orchestration.intake.reading.block import Block

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


def lines(file: TextIO, label: str) -> Iterator[str]:
    """Yield the lines of a text file; a length limit keeps one without line ends out of memory."""
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), ""), start=1):
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise _too_large(label, f"has more than {LONGEST_LINE / MEGABYTE:.0f} MB in line {number}")
        yield line


def _too_large(label: str, found: str) -> ExtractUnreadable:
    return ExtractUnreadable(
        "too_large",
        f"{label} {found}, beyond any honest extract. It was not kept. Ask the partner to export it again "
        "without blank formatted rows, and to split a really large one.",
    )


class Merge(NamedTuple):
    """A merged range; rows and columns counted from 1."""

    first_column: int
    first_row: int
    last_column: int
    last_row: int


@dataclass
class SourceSheet:
    """One sheet; its blocks of rows stream once. A CSV file is one sheet without a name.

    `name` is the sheet's own; only `shown` may leave the reader. `columns` are set if no row holds them.
    `only_records`: software wrote the sheet, so it has no totals or notes. `is_delimited`: cells have no
    address, so an extra one shifts the rest of its row.
    """

    name: str
    shown: str
    blocks: Iterator[Block]
    merges: list[Merge] = field(default_factory=list)
    columns: list[str] | None = None
    only_records: bool = False
    is_delimited: bool = False


class Source(Protocol):
    """An open file. Sheets stream one after another; `problems` grow while they are read."""

    date_system: int = 1900
    problems: list[dict[str, str]]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""

    def main_sheets(self) -> Iterator[SourceSheet]: ...

    def repeat_sheet(self, name: str) -> SourceSheet | None:
        return None

    def tab_sheet(self, name: str) -> SourceSheet | None:
        return None

    def physical_rows(self) -> dict[str, int]:
        """Count the rows (lines, in delimited text) of every sheet, read or not, by its shown name.

        The count is independent of the sheets' `rows`.
        """
        ...
