"""Forget records: erase them from everything that Njia keeps, and keep later copies from landing.

The order makes an interruption harmless. First the originals, which need the stewards' key; then the
tombstones and a note of the editions to delete; then everything but the releases; then a refresh publishes
a successor; at last the editions that held the record. Once the tombstones are set, the next refresh or the
same `njia forget` finishes the work.

Does not belong here: how each room erases its own files, and the search for what is left (`forget_proof`).
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
    forget_work,
    record_of,
    set_tombstones,
    shown_record,
    tombstones_of,
)
from orchestration.operations.forget_proof import Needles, needles_of
from orchestration.stewardship import erase_decisions


@dataclass(frozen=True)
class Erased:
    """What was erased before the refresh.

    `originals`: the fate of each sealed file, by extract id. `decisions`: ids of the removed lines.
    """

    partner: str
    records: int
    extracts: int
    rows: int
    originals: dict[str, str] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)


def records_called(settings: Settings, keys: Keys, partner: str, reference: str) -> set[int]:
    """Return the ids of a partner's landed or withheld records with this reference.

    The reference is the partner's own under any of its contracts, or `r-…`, EXTRACT_ID:ROW or
    EXTRACT_ID:SHEET:ROW. Raises UsageError if no record matches.
    """
    register = intake.read_register(settings.landing, partner)
    if not register:
        raise UsageError(f"No extract of a partner {partner} has landed. `njia status` lists the partners.")
    asked = _asked(settings, partner, keys, reference, register)
    if known := {record for record in asked if tombstones_of(settings, keys, partner).has(record)}:
        return known  # forgotten before: finish what is left
    everything = Tombstones(keys, partner, frozenset(keys.tombstone(partner, record) for record in asked))
    records = {record for held in intake.held_of_forgotten(settings, everything) for record in held.records}
    if not records:
        raise UsageError(
            f"No extract of {partner} holds a record of this name ({len(register)} searched). Give the "
            "reference as in the partner's key column, its parts joined by `|`; or `r-…` as in "
            "review/quarantined_rows.csv; or EXTRACT_ID:ROW."
        )
    return records


def erase(
    settings: Settings,
    keys: Keys,
    partner: str,
    records: Iterable[int],
    references: Sequence[str],
    private_key: str | None,
    now: datetime,
) -> tuple[Erased, Needles]:
    """Erase records from everything but the releases. The caller holds the refresh lock.

    `private_key`: one or more, a line each. If it does not open an original that holds one of the records,
    raises UsageError and erases nothing.
    """
    records = frozenset(records)
    intake.settle_landing(settings, keys)
    asked = Tombstones(keys, partner, frozenset(keys.tombstone(partner, record) for record in records))
    buried = tombstones_of(settings, keys, partner)
    needles = needles_of(settings, asked, records, references)
    cells = tuple(extract.cells_sha256 for extract in intake.held_of_forgotten(settings, asked))
    done = _originals_done(settings, buried, asked, private_key)
    set_tombstones(settings, keys, partner, records, Due(now.date(), len(records), cells), done)
    held, originals = intake.erase_forgotten(settings, tombstones_of(settings, keys, partner))
    removed = erase_decisions(settings, {shown_record(record) for record in records}, needles.values)
    outputs.forget_receipts(settings, partner)
    release.forget_in_lineage(settings, partner, records)
    forget_work(settings)
    rows = sum(len(extract.rows) for extract in held)
    return Erased(partner, len(records), len(held), rows, originals, removed), needles


def _originals_done(
    settings: Settings, buried: Tombstones, asked: Tombstones, private_key: str | None
) -> dict[str, Original]:
    """Return the originals that hold no record of this or of an interrupted forgetting."""
    new = replace(buried, marks=asked.marks - buried.marks)
    undone = {extract.extract_id for extract in intake.held_of_forgotten(settings, new)}
    done = {extract_id: original for extract_id, original in buried.done.items() if extract_id not in undone}
    if private_key is None:
        return done
    every = replace(buried, marks=asked.marks | buried.marks)
    return done | intake.erase_in_originals(settings, every, private_key)


def finish(settings: Settings, now: datetime) -> list[str]:
    """Delete the editions that held forgotten records and are no longer current."""
    with release.switching(settings):
        return release.erase_editions(settings, now.date())


def editions_erased(settings: Settings) -> list[str]:
    """Return the ids of releases whose members' edition was deleted."""
    return [past.release_id for past in release.list_releases(settings) if release.erasure_of(past)]


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
