"""Locate traced records (file, sheet, row) and watched months (contract, coverage) for stewards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration import intake
from orchestration.core import Settings
from orchestration.release.lineage.result import LineageResult, source_of


@dataclass(frozen=True)
class Rows:
    """Rows of one sheet of an extract. `file`: its name as sent; None if it is no longer landed.

    `part`: their role behind the number, if there are several roles.
    """

    partner_code: str
    partner: str
    file: str | None
    extract_id: str
    sheet: str
    row_numbers: tuple[int, ...]
    part: str = ""


@dataclass(frozen=True)
class Watch:
    """The coverage of a place by an extract: `places` and `roles` are those of its contract's coverage.

    Without `declared_from` the extract declares no period, and `months` are those of its rows.
    """

    partner_code: str
    partner: str
    file: str | None
    extract_id: str
    contract: str
    agreement_id: str | None
    declared_from: date | None
    declared_to: date | None
    places: tuple[str, ...]
    roles: tuple[str, ...]
    months: tuple[str, ...]


@dataclass(frozen=True)
class Reported:
    """A source in a round. `same_coverage`: it declared the same coverage in the traced round."""

    round: str
    source: str
    same_coverage: bool


def rows_of(settings: Settings, records: Sequence[Mapping[str, Any]]) -> Iterator[Rows]:
    by_extract: dict[tuple[str, str, str, str], list[Mapping[str, Any]]] = {}
    for record in records:
        names = ("part", "partner_code", "partner", "extract_id")
        part, code, partner, extract_id = (record.get(name) or "" for name in names)
        by_extract.setdefault((part, code, partner, extract_id), []).append(record)
    for (part, code, partner, extract_id), own in sorted(by_extract.items()):
        file = intake.file_of(settings, partner, extract_id)
        landed = intake.rows_of(settings, partner, extract_id, {record["record_id"] for record in own})
        places = landed or {(record["sheet"] or "", record["row_number"]) for record in own}
        for sheet in sorted({sheet for sheet, _ in places}):
            numbers = tuple(sorted(number for one, number in places if one == sheet))
            yield Rows(code, partner, file, extract_id, sheet, numbers, part)


def watches_of(settings: Settings, watches: Sequence[Mapping[str, Any]]) -> Iterator[Watch]:
    by_extract: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for watch in watches:
        by_extract.setdefault((watch["partner_code"], watch["extract_id"]), []).append(watch)
    for (code, extract_id), own in sorted(by_extract.items()):
        first = own[0]
        yield Watch(
            code,
            first["partner"],
            intake.file_of(settings, first["partner"], extract_id),
            extract_id,
            first["contract"],
            first["agreement_id"],
            first["period_from"],
            first["period_to"],
            _distinct(watch["watched_place_id"] for watch in own),
            _distinct(watch["role"] for watch in own),
            _distinct(f"{watch['month']:%Y-%m}" for watch in own if watch["month"]),
        )


def reported(result: LineageResult) -> Iterator[Reported]:
    for report in result.rounds:
        source = source_of(report)
        yield Reported(report["round"], source, source in result.same_coverage)


def _distinct(values: Any) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))
