"""What goes: records that are forgotten or past the retention of their agreement, and old history.

To forget records is to erase them from everything that Njia keeps, and keep later copies from landing.

The order makes an interruption harmless. First the originals, which need the stewards' key; then the
tombstones and a note of the editions to delete; then everything but the releases; then a refresh publishes
a successor; at last the editions that held the record. Once the tombstones are set, the next refresh or the
same `njia forget` finishes the work. Copies at other partners come first, because they are found by the asked
records.

Does not belong here: how each room erases its own files, which records are past retention (`gates`),
Dagster's runs (`defs/history.py`), and releases, which are removed where they are published.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration import gates, intake, outputs, release
from orchestration.core import (
    Due,
    Keys,
    NjiaError,
    Original,
    Settings,
    Tombstones,
    UsageError,
    durable,
    forget_work,
    number_kept,
    partners_with_tombstones,
    record_of,
    refreshes,
    set_tombstones,
    shown_record,
    submission_mark,
    tombstones_of,
)
from orchestration.places import name_token
from orchestration.stewardship import forget_decisions, messages


@dataclass(frozen=True)
class Asked:
    """Records to forget.

    `records`: by partner. `submissions`: codes with which no record may land again. `unclear`: number of
    records whose submission holds other records too, so that its copies are not forgotten.
    """

    records: Mapping[str, frozenset[int]]
    submissions: frozenset[str] = frozenset()
    unclear: int = 0


@dataclass(frozen=True)
class Erased:
    """What was erased of one partner before the refresh.

    `originals`: the fate of each sealed file, by extract id. `decisions`: ids of the removed entries.
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
        raise UsageError(f"No extract of {partner} has landed. `njia status --all` lists the partners.")
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


def with_copies(settings: Settings, partner: str, records: Iterable[int]) -> Asked:
    """Return records of a partner with what all partners sent of the same submissions, the partner last."""
    copies = intake.copies_of(settings, partner, frozenset(records))
    others = {sender: ids for sender, ids in copies.records.items() if sender != partner}
    own = frozenset(records) | copies.records.get(partner, frozenset())
    return Asked(others | {partner: own}, copies.codes, copies.unclear)


def erase(
    settings: Settings,
    keys: Keys,
    asked: Asked,
    private_key: str | None,
    now: datetime,
    who: str,
    reason: str | None = None,
    of_editions: Mapping[str, Iterable[str]] | None = None,
) -> list[Erased]:
    """Erase records from everything but the releases; return what was erased of each partner.

    The audit log notes it, with `who` asked and the `reason`: decisions that the note names are not missed
    afterwards. The caller holds the refresh lock. `of_editions`: by partner, cells of releases that hold the
    records, where the landing does not. `private_key`: one or more, a line each. If it does not open an
    original that holds one of the records, raises UsageError and erases nothing.
    """
    intake.settle_landing(settings, keys)
    submissions = frozenset(submission_mark(keys, code) for code in asked.submissions)
    marked = {
        partner: Tombstones(
            keys, partner, frozenset(keys.tombstone(partner, record) for record in records), submissions
        )
        for partner, records in asked.records.items()
    }
    names = _names_only_of(settings, keys, frozenset().union(*asked.records.values()))
    buried = {partner: tombstones_of(settings, keys, partner) for partner in asked.records}
    if private_key is not None:
        for partner, tombstones in marked.items():
            intake.refuse_shut_originals(settings, _both(buried[partner], tombstones), private_key)
    cells = {
        partner: (
            *(extract.cells_sha256 for extract in intake.held_of_forgotten(settings, tombstones)),
            *(of_editions or {}).get(partner, ()),
        )
        for partner, tombstones in marked.items()
    }
    for partner, records in asked.records.items():
        done = _originals_done(settings, buried[partner], marked[partner], private_key)
        due = Due(now.date(), len(records), cells[partner])
        set_tombstones(settings, keys, partner, records, due, done, asked.submissions)
    erased = []
    for partner, records in asked.records.items():
        held, originals = intake.erase_forgotten(settings, tombstones_of(settings, keys, partner))
        why = {} if reason is None else {"reason": reason}
        counts: dict[str, Any] = {"records": len(records), "extracts": list(originals)}
        named = {shown_record(record) for record in records}
        removed = forget_decisions(settings, named, names, who, partner, **why, **counts)
        outputs.forget_receipts(settings, partner)
        release.forget_in_lineage(settings, partner, records)
        rows = sum(len(extract.rows) for extract in held)
        erased.append(Erased(partner, len(records), len(held), rows, originals, removed))
    forget_work(settings)
    return erased


def erase_again(settings: Settings, keys: Keys, private_key: str | None, now: datetime) -> list[Erased]:
    """Erase forgotten records that a restore brought back, by their tombstones.

    The caller holds the refresh lock. The release in force is erased when a refresh has published another.
    """
    records, cells = {}, {}
    for partner in partners_with_tombstones(settings):
        tombstones = tombstones_of(settings, keys, partner)
        in_lineage, cells[partner] = release.forgotten_in_lineage(settings, tombstones)
        held = intake.held_of_forgotten(settings, tombstones)
        outputs.forget_receipts(settings, partner)
        if found := in_lineage.union(*(extract.records for extract in held)):
            records[partner] = frozenset(found)
    if not records:
        return []
    erased = erase(settings, keys, Asked(records), private_key, now, "restore", of_editions=cells)
    finish(settings, now)
    return erased


def _names_only_of(settings: Settings, keys: Keys, records: Collection[int]) -> set[str]:
    """Return the tokens of names of places that only these records have in all landed extracts."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    ids = pa.array(sorted(records), pa.int64())
    own: set[str] = set()
    others: set[str] = set()
    for path in settings.landing.glob("*/[!.]*.parquet"):
        texts = intake.texts_of(path, keys)
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["record_id", "value"]):
                is_own = pc.is_in(batch["record_id"], ids)
                for rows, names in ((batch.filter(is_own), own), (batch.filter(pc.invert(is_own)), others)):
                    values = pc.unique(rows["value"].cast(pa.string())).to_pylist()
                    names |= {name_token(keys, texts[value]) for value in values if value in texts}
    return own - others


def _originals_done(
    settings: Settings, buried: Tombstones, asked: Tombstones, private_key: str | None
) -> dict[str, Original]:
    """Return the originals that hold no record of this or of an interrupted forgetting."""
    new = replace(buried, marks=asked.marks - buried.marks)
    undone = {extract.extract_id for extract in intake.held_of_forgotten(settings, new)}
    done = {extract_id: original for extract_id, original in buried.done.items() if extract_id not in undone}
    if private_key is None:
        return done
    return done | intake.erase_in_originals(settings, _both(buried, asked), private_key)


def _both(buried: Tombstones, asked: Tombstones) -> Tombstones:
    submissions = buried.submissions | asked.submissions
    return replace(buried, marks=buried.marks | asked.marks, submissions=submissions)


def finish(settings: Settings, now: datetime) -> list[str]:
    """Delete the editions that held forgotten records and are no longer current."""
    with release.switching(settings):
        return release.erase_editions(settings, now.date())


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


def erase_past_retention(settings: Settings, keys: Keys, now: datetime) -> list[Erased]:
    """Erase records past retention, right after typing. The caller holds the refresh lock.

    A refresh has no private key of the stewards, so originals that hold such a record are destroyed. Erasing
    empties the work folder, so every extract must be typed again. Editions that held the records are deleted
    once a release without them is published.
    """
    erased = []
    for partner, records in gates.past_retention(settings, now.date()).items():
        erased += erase(settings, keys, Asked({partner: frozenset(records)}), None, now, "retention")
    return erased


def trim_history(settings: Settings) -> None:
    """Remove old lines, files and folders, and say how many. The caller holds the refresh lock.

    Of each kind nothing goes until a tenth more is there. A kill leaves the rest to the next refresh.
    """
    review, last = settings.review, (release.last_verdict(settings) or {}).get("candidate")

    def of_candidates(folder: str, number: int) -> list[Path]:
        # The last one judged stays although the clock may have gone back.
        found = sorted((review / folder).glob("*Z-*.json"))
        is_full = len(found) > number + number // 10
        return [path for path in found[:-number] if is_full and path.stem != last]

    removed = {
        "refreshes": refreshes.keep_newest(settings, number_kept("refreshes")),
        "verdicts": _remove(of_candidates("history", number_kept("verdicts"))),
        "changes": _remove(of_candidates("changes", number_kept("changes"))),
        "receipts": _remove(outputs.old_receipts(settings, number_kept("receipts"))),
        "messages": _old_messages(settings),
    }
    if listed := ", ".join(f"{kind} {number}" for kind, number in removed.items() if number):
        logging.getLogger("njia").warning(f"Removed, as history_policy.csv says: {listed}.")


def _old_messages(settings: Settings) -> int:
    try:
        return messages.keep_newest(settings, number_kept("messages"))
    except NjiaError:  # somebody sends messages, or the ledger is damaged, which sending says
        return 0


def _remove(paths: Iterable[Path]) -> int:
    number = 0
    for path in paths:
        if path.is_dir():
            durable.remove_folder(path)
        else:
            durable.remove(path)
        number += 1
    return number
