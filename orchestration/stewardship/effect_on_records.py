"""Whether decisions about records and agreements can have an effect, and which record a steward means.

What does not belong here: the other kinds of decision (`effect`); what becomes of a record (judging models).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import intake
from orchestration.contracts import load_contracts
from orchestration.core import REFERENCE_SEEDS, Settings, UsageError, record_of, shown_record
from orchestration.stewardship import review
from orchestration.stewardship.decision_kinds import AgreementChange, Entry, RowExclude, RowRelease
from orchestration.stewardship.said import NOT_RECORDED, say

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def record_called(settings: Settings, given: str) -> str:
    """`r-…` of a record named so, or by EXTRACT_ID:ROW or EXTRACT_ID:SHEET:ROW, as its lists name it."""
    extract_id, _, where = given.partition(":")
    if not where:
        return given
    sheet, _, row = where.rpartition(":")
    if not row.isdecimal():
        raise UsageError(
            f"{given!r} names no row. Give EXTRACT_ID:ROW, or EXTRACT_ID:SHEET:ROW, as in "
            "review/quarantined_rows.csv."
        )
    import pyarrow.compute as pc

    table = intake.known_records(settings)
    at = pc.and_(pc.equal(table["extract_id"], extract_id), pc.equal(table["row_number"], int(row)))
    rows = table.filter(at).to_pylist()
    found = {(one["sheet"], one["record_id"]) for one in rows if sheet in ("", one["sheet"])}
    if len(found) == 1:
        return shown_record(found.pop()[1])
    if found:
        sheets = ", ".join(sorted(f"{extract_id}:{name}:{row}" for name, _ in found))
        raise UsageError(f"Several sheets have a record in row {row}. Say which: {sheets}.")
    raise UsageError(
        f"Extract {extract_id} has no record that begins in row {row}. A record of several rows is called by "
        "its first; rows that did not land stand in the receipt only."
    )


def rules_that_quarantine(settings: Settings, record: str) -> tuple[str, ...]:
    """The rules for which the last refresh set a record aside."""
    rows = review.read(settings, review.QUARANTINED_ROWS)
    return tuple(sorted({row["rule_code"] for row in rows if row.get("record") == record}))


def rules_to_release(settings: Settings, record: str) -> tuple[str, ...]:
    """The same for a release that names none; raises UsageError where nothing sets the record aside."""
    if failed := rules_that_quarantine(settings, record):
        return failed
    raise UsageError(say(NOT_RECORDED, fault=_not_set_aside(record)))


@cache
def releasable_rules() -> dict[str, str]:
    """Rules that a steward may let a record in from, with what stays unknown of it."""
    with (REFERENCE_SEEDS / "releasable_rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule_code"]: row["what_stays_unknown"] for row in csv.DictReader(file)}


def why_records_missed(settings: Settings, decision: RowRelease | RowExclude) -> str | None:
    """A sentence if a decision about a record, when it is made, is about none; else None."""
    if not is_typed(settings, decision.record):
        return say(
            "No extract holds a record {record}. review/quarantined_rows.csv names those that are set aside; "
            "any other is named by EXTRACT_ID:ROW.",
            record=decision.record,
        )
    if isinstance(decision, RowExclude):
        return None
    failed = rules_that_quarantine(settings, decision.record)
    if not failed:
        return _not_set_aside(decision.record)
    if missed := [rule for rule in decision.rules if rule not in failed]:
        return say(
            "Record {record} does not fail {missed}. It fails {failed}.",
            record=decision.record,
            missed=", ".join(missed),
            failed=", ".join(failed),
        )
    if left := [rule for rule in failed if rule not in decision.rules]:
        return say(
            "Record {record} would stay out: it also fails {rules}.",
            record=decision.record,
            rules=", ".join(left),
        )
    return None


def why_rules_bind(release: RowRelease) -> str | None:
    """A sentence if a release is from a rule that nobody may release a record from."""
    if bound := [rule for rule in release.rules if rule not in releasable_rules()]:
        return say(
            "Nobody may let a record in that fails {rules}: it could name somebody, count one record twice "
            "or say what nobody said. The partner or the contract has to mend it. Rules that can be "
            "released: {releasable}.",
            rules=", ".join(bound),
            releasable=", ".join(releasable_rules()),
        )
    return None


def why_no_agreement(settings: Settings, change: AgreementChange) -> str | None:
    """A sentence if no contract of that name is there to change."""
    contracts = load_contracts(settings.partners)
    names = [contract.contract for contract in contracts.valid.get(change.partner, [])]
    if change.contract in names:
        return None
    if names:
        return say(
            "Partner {partner} has no contract {contract}. It has {contracts}.",
            partner=change.partner,
            contract=change.contract,
            contracts=", ".join(names),
        )
    return say(
        "There is no partner {partner} with a valid contract. `njia status` lists the partners.",
        partner=change.partner,
    )


def ruled_on_record(decision: RowRelease | RowExclude, holding: Iterable[Entry]) -> Entry | None:
    """The decision that holds about the same record already, if there is one."""
    return next(
        (
            other
            for other in holding
            if isinstance(other, RowRelease | RowExclude)
            and other.record == decision.record
            and (
                isinstance(other, RowExclude)
                or isinstance(decision, RowExclude)
                or set(decision.rules) <= set(other.rules)
            )
        ),
        None,
    )


def _not_set_aside(record: str) -> str:
    return say(
        "No record {record} is set aside. review/quarantined_rows.csv lists those that are, in its last "
        "column.",
        record=record,
    )


def is_typed(settings: Settings, record: str) -> bool:
    """Whether some typed extract holds a record `r-…`."""
    import numpy as np

    ids = _known_ids(settings, _stamps(settings))
    at = int(np.searchsorted(ids, wanted := record_of(record)))
    return at < len(ids) and int(ids[at]) == wanted


def _stamps(settings: Settings) -> tuple[tuple[Path, int], ...]:
    """Changes whenever a file changes that `known_records` reads."""
    folders = (settings.typed / "records", settings.landing)
    files = sorted(path for folder in folders for path in folder.rglob("*.parquet"))
    return tuple((path, path.stat().st_mtime_ns) for path in files)


@lru_cache(maxsize=1)
def _known_ids(settings: Settings, stamps: tuple[tuple[Path, int], ...]) -> npt.NDArray[np.int64]:
    """All record ids in order, read once for a list of decisions: their lock is not to be held for long."""
    import numpy as np

    return np.unique(intake.known_records(settings)["record_id"].to_numpy())
