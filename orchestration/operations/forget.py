"""Forgetting: a record goes from everything that Njia keeps, later copies of it never land, and it is proved.

The order makes a stop harmless: first what needs the stewards' key, the originals; then the tombstones, and a
note of the editions that have to go; then all but the releases is erased; then a refresh publishes a
successor; at last the editions that held it go. What is left once the tombstones are set, the next refresh
does, or `njia forget` with the same words.

What does not belong here: erasing what belongs to a room (each has its own), and the search (`forget_proof`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from orchestration import intake, outputs, release
from orchestration.core import (
    Due,
    Keys,
    Original,
    Settings,
    Tombstones,
    UsageError,
    bury,
    forget_work,
    record_of,
    shown_record,
    tombstones_of,
)
from orchestration.operations.forget_proof import Needles, needles_of
from orchestration.stewardship import erase_decisions


@dataclass(frozen=True)
class Erased:
    """What was done before the refresh.

    `originals`: by extract id what became of the sealed file. `decisions`: ids of the lines removed.
    """

    partner: str
    records: int
    extracts: int
    rows: int
    originals: dict[str, str] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)


def records_called(settings: Settings, keys: Keys, partner: str, reference: str) -> set[int]:
    """Ids of the landed or withheld records of a partner that are called so.

    By the partner's own reference under any of its contracts, by `r-…`, or by EXTRACT_ID:ROW and
    EXTRACT_ID:SHEET:ROW. Raises UsageError where nothing is found.
    """
    register = intake.read_register(settings.landing, partner)
    if not register:
        raise UsageError(f"No extract of a partner {partner} has landed. `njia status` lists the partners.")
    asked = _asked(settings, partner, keys, reference, register)
    if known := {one for one in asked if tombstones_of(settings, keys, partner).has(one)}:
        return known  # forgotten before: what is left is done
    everything = Tombstones(keys, partner, frozenset(keys.tombstone(partner, one) for one in asked))
    found = {one for held in intake.held_of_forgotten(settings, everything) for one in held.records}
    if not found:
        raise UsageError(
            f"No extract of {partner} holds a record of this name ({len(register)} looked at). Give the "
            "reference as the partner's key column has it, its parts joined by `|`; or `r-…` as in "
            "review/quarantined_rows.csv; or EXTRACT_ID:ROW."
        )
    return found


def erase(
    settings: Settings,
    keys: Keys,
    partner: str,
    records: Iterable[int],
    references: Sequence[str],
    private_key: str | None,
    now: datetime,
) -> tuple[Erased, Needles]:
    """Erase records from everything but the releases. The caller holds the lock of refreshes.

    Raises UsageError, and nothing is erased, where `private_key` (one or more, a line each) is given and does
    not open an original that holds one of them.
    """
    records = frozenset(records)
    intake.finish_erasing(settings.landing, partner)
    asked = Tombstones(keys, partner, frozenset(keys.tombstone(partner, one) for one in records))
    buried = tombstones_of(settings, keys, partner)
    needles = needles_of(settings, asked, records, references)
    cells = tuple(one.cells_sha256 for one in intake.held_of_forgotten(settings, asked))
    done = _originals_done(settings, buried, asked, private_key)
    bury(settings, keys, partner, records, Due(now.date(), len(records), cells), done)
    held, originals = intake.erase_forgotten(settings, tombstones_of(settings, keys, partner))
    removed = erase_decisions(settings, {shown_record(one) for one in records}, needles.values)
    outputs.forget_receipts(settings, partner)
    release.forget_in_lineage(settings, partner, records)
    forget_work(settings)
    rows = sum(len(one.rows) for one in held)
    return Erased(partner, len(records), len(held), rows, originals, removed), needles


def _originals_done(
    settings: Settings, buried: Tombstones, asked: Tombstones, private_key: str | None
) -> dict[str, Original]:
    """Originals that hold neither what is asked for nor what an interrupted forgetting asked for."""
    new = replace(buried, marks=asked.marks - buried.marks)
    undone = {one.extract_id for one in intake.held_of_forgotten(settings, new)}
    done = {extract_id: one for extract_id, one in buried.done.items() if extract_id not in undone}
    if private_key is None:
        return done
    every = replace(buried, marks=asked.marks | buried.marks)
    return done | intake.erase_in_originals(settings, every, private_key)


def finish(settings: Settings, now: datetime) -> list[str]:
    """Delete the editions that held what was forgotten, as far as they are no longer current."""
    with release.switching(settings):
        return release.erase_editions(settings, now.date())


def editions_erased(settings: Settings) -> list[str]:
    """Ids of the releases whose members' edition is gone."""
    return [one.release_id for one in release.list_releases(settings) if release.erasure_of(one)]


def _asked(
    settings: Settings, partner: str, keys: Keys, reference: str, register: dict[str, dict[str, object]]
) -> set[int]:
    if reference.startswith("r-") and len(reference) == 18:
        try:
            return {record_of(reference)}
        except ValueError:
            pass
    extract_id, _, where = reference.partition(":")
    sheet, _, row = where.rpartition(":")
    if extract_id in register and row.isdecimal():
        return intake.records_in_row(settings, partner, extract_id, sheet, int(row))
    contracts = {str(entry["contract"]) for entry in register.values()}
    return {keys.record_id(partner, f"{contract}|{reference}") for contract in contracts}
