"""The extract gate: one verdict per landed extract and check, what stewards waived, and a file on trial.

On trial a file that is not landed has the profile and limits of a landed one, without a comparison to earlier
ones (`njia contract check`). Limits are compared directly, as Great Expectations takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from expectations import Expectation, thresholds
from expectations.extract_gate import EXTRACT_GATE
from orchestration.core import NjiaError, Settings, as_text, durable, listed, open_duckdb, say
from orchestration.gates.extract_comparison import LABELS, OF_FIELDS
from orchestration.gates.extract_profile import (
    TYPED_TABLES,
    compare_with_last,
    profile_extracts,
    profile_rows,
)
from orchestration.gates.judging import Judgement, Outcome, judge
from orchestration.gates.landed import Landed, landed_extracts
from orchestration.gates.parquet_views import create_table
from orchestration.typing import SCHEMAS


@dataclass(frozen=True)
class Verdict:
    """The result of one check on one extract.

    `outcome` separates failed checks from those that could not be judged. `finding` says what a failed check
    found, in numbers; `said` is the same sentence for translation. Both are empty for checks without such a
    text.
    """

    extract_id: str
    partner: str
    check_name: str
    severity: str
    passed: bool
    observed: float | None
    expected: str
    waived: bool
    why: str
    steward_action: str
    outcome: Outcome
    waived_by: str | None
    check_definition: str
    finding: str
    said: str

    @property
    def holds(self) -> bool:
        return self.severity == "hold" and not self.passed and not self.waived


_PLOTTED = ("_share", "_vs_last")
_TYPES = {"bool": pa.bool_(), "float | None": pa.float64()}
VERDICT_SCHEMA = pa.schema([(part.name, _TYPES.get(str(part.type), pa.string())) for part in fields(Verdict)])


@dataclass(frozen=True)
class ExtractVerdicts:
    """All verdicts of one refresh."""

    verdicts: tuple[Verdict, ...]

    @cached_property
    def holding(self) -> dict[tuple[str, str], tuple[Verdict, ...]]:
        """The verdicts that hold an extract, by (partner, extract id)."""
        holding: dict[tuple[str, str], tuple[Verdict, ...]] = {}
        for verdict in self.verdicts:
            if verdict.holds:
                key = (verdict.partner, verdict.extract_id)
                holding[key] = (*holding.get(key, ()), verdict)
        return holding

    def of_partner(self, partner: str) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.partner == partner)

    def count(self, outcome: Outcome) -> int:
        return sum(1 for verdict in self.verdicts if verdict.outcome == outcome)


def judge_extracts(settings: Settings, as_of: datetime, decisions: ActiveDecisions) -> ExtractVerdicts:
    """Profile and judge every landed extract; writes `profiles.parquet` and `verdicts.parquet`."""
    register = landed_extracts(settings)
    profiles = profile_extracts(
        settings,
        register,
        as_of,
        extract_keys(decisions.extract_accepts),
        extract_keys(decisions.extract_withdrawals),
        _waived(as_of, decisions),
    )
    judgements = judge(profiles.to_pandas(), EXTRACT_GATE)
    keys = profiles.select(["partner", "extract_id"]).to_pylist()
    rows = zip(profiles.to_pylist(), register, strict=True)
    counts = [row | _field_names(row, landed) for row, landed in rows]
    verdicts = []
    for judgement in judgements:
        key = keys[judgement.row]
        waiver = None
        if judgement.outcome == "failed":
            scope = f"{key['partner']}/{key['extract_id']}"
            waiver = waiver_for(decisions.waivers, judgement.expectation, scope, as_of)
        verdicts.append(_verdict(judgement, key["partner"], key["extract_id"], counts[judgement.row], waiver))
    folder = settings.work / "gates"
    write_table(profiles, folder / "profiles.parquet")
    write_table(
        pa.Table.from_pylist([asdict(verdict) for verdict in verdicts], schema=VERDICT_SCHEMA),
        folder / "verdicts.parquet",
    )
    return ExtractVerdicts(tuple(verdicts))


def read_verdicts(settings: Settings) -> ExtractVerdicts:
    """Read the latest verdicts."""
    path = settings.work / "gates" / "verdicts.parquet"
    if not path.is_file():
        raise NjiaError("The extract gate has not run yet, so no extract is in force. Run `njia refresh`.")
    return ExtractVerdicts(tuple(Verdict(**row) for row in pq.read_table(path).to_pylist()))


def newest_numbers(settings: Settings) -> dict[str, dict[str, float]]:
    """Return rows and shares of each partner's newest extract, and the limits beside them."""
    path = settings.work / "gates" / "profiles.parquet"
    rows = pq.read_table(path).to_pylist() if path.is_file() else []
    numbers: dict[str, dict[str, float]] = {}
    for row in sorted(rows, key=lambda row: int(row["sequence"])):
        own: dict[str, float] = {f"newest_{name}": int(row[name]) for name in ("rows_read", "rows_landed")}
        for check in EXTRACT_GATE:
            if all(limit.column.endswith(_PLOTTED) for limit in check.limits):
                own |= check.numbers(row)
        numbers[row["partner"]] = own
    return numbers


def unread_columns(settings: Settings) -> set[tuple[str, str, str]]:
    """Return partner, extract id and field of each column that cannot be read."""
    path = settings.work / "gates" / "profiles.parquet"
    rows = pq.read_table(path).to_pylist() if path.is_file() else []
    limit = thresholds.UNREAD_CELLS_MAX
    return {
        (row["partner"], row["extract_id"], row["unread_field"])
        for row in rows
        if (row.get("unread_share") or 0) > limit
    }


def write_table(table: pa.Table, path: Path) -> None:
    with durable.replacing(path) as partial:
        pq.write_table(table, partial)


def _waived(as_of: datetime, decisions: ActiveDecisions) -> set[tuple[str, str, str]]:
    """Return partner, extract id and check of every valid waiver."""
    waived = set()
    for waiver in decisions.waivers:
        partner, _, extract_id = str(waiver["scope"]).partition("/")
        for check in EXTRACT_GATE:
            if waiver_for([waiver], check, f"{partner}/{extract_id}", as_of):
                waived.add((partner, extract_id, check.name))
    return waived


def _verdict(
    judgement: Judgement, partner: str, extract_id: str, row: dict[str, Any], waiver: str | None
) -> Verdict:
    expectation = judgement.expectation
    finding = found_by(expectation, row) if judgement.outcome == "failed" else ""
    # A check that could not be judged keeps its full severity.
    is_judged = judgement.outcome in ("passed", "failed")
    return Verdict(
        extract_id=extract_id,
        partner=partner,
        check_name=expectation.name,
        severity=expectation.severity_of(row) if is_judged else expectation.severity,
        passed=judgement.outcome == "passed",
        observed=judgement.observed,
        expected=expectation.expected,
        waived=waiver is not None,
        why=expectation.why,
        steward_action=expectation.steward_action,
        outcome=judgement.outcome,
        waived_by=waiver,
        check_definition=expectation.definition,
        finding=str(finding),
        said=as_text(finding),
    )


def _field_names(row: Mapping[str, Any], landed: Landed) -> dict[str, str]:
    """Return the fields that differ as readers know them, with the partner's own column."""
    named = {}
    for name in OF_FIELDS:
        if row[name]:
            label, field = LABELS[row[name]]
            column = landed.column_of(field)
            is_other = column and column.casefold() != label.casefold()
            named[name] = say("{label} ({column})", label=label, column=f"“{column}”") if is_other else label
    return named


def found_by(expectation: Expectation, row: Mapping[str, Any]) -> str:
    """Return what a check found in one row of a profile, as a sentence; empty without a message.

    A sentence that another one begins with is left out.
    """
    found = dict.fromkeys(
        say(limit.message, **limit.given(row))
        for limit in expectation.limits
        if limit.message and row[limit.column] is not None and not limit.is_kept(row[limit.column])
    )
    said = [one for one in found if not any(other != one and other.startswith(one) for other in found)]
    return listed(said, ". ")


class ActiveDecisions(Protocol):
    """The part of the stewardship room's `Decisions` that the gates use."""

    @property
    def extract_accepts(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def extract_withdrawals(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def waivers(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def policy_sign_offs(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def year_republications(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def alert_releases(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def row_releases(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def row_exclusions(self) -> Sequence[Mapping[str, Any]]: ...
    def content_hash(self) -> str: ...


def waiver_for(
    waivers: Iterable[Mapping[str, Any]], expectation: Expectation, scope: str, as_of: datetime
) -> str | None:
    """Return the id of a valid waiver, or None. `scope`: `partner/extract_id` or `release`."""
    if not expectation.waivable:
        return None
    for waiver in waivers:
        if (
            waiver["check"] == expectation.name
            and waiver["check_definition"] == expectation.definition
            and waiver["scope"] == scope
            and as_of.date() <= _day(waiver["expires"])
        ):
            return str(waiver["id"])
    return None


def extract_keys(decided: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Map (partner, extract id) to the decision's id."""
    return {(str(entry["partner"]), str(entry["extract_id"])): str(entry["id"]) for entry in decided}


def _day(expires: Any) -> date:
    if isinstance(expires, datetime):
        return expires.date()
    return expires if isinstance(expires, date) else date.fromisoformat(str(expires)[:10])


@dataclass(frozen=True)
class Failure:
    """A check that would fail, and its finding; `holds`: whether it would hold the file or only warn."""

    check_name: str
    holds: bool
    observed: float | None
    expected: str
    why: str
    steward_action: str
    finding: str


def would_fail(note: Mapping[str, Any], tables: Mapping[str, pa.Table], today: date) -> list[Failure]:
    """Return the checks that a file would fail, in the order of the gate.

    `note`: its landing note. `tables`: its typed tables and `matches` of the places room, by name.
    """
    landed = Landed(str(note["partner"]), str(note["extract_id"]), note)
    with open_duckdb() as con:
        for table in TYPED_TABLES:
            create_table(con, table, SCHEMAS[table])
            if not tables[table].num_rows:
                continue
            con.register("given", tables[table])
            columns = [name for name in SCHEMAS[table].names if name in tables[table].column_names]
            con.execute(f"insert into {table} by name select {', '.join(columns)} from given")
            con.unregister("given")
        con.register("matches", tables["matches"])
        [profile] = profile_rows(con, [landed], today)
    compare_with_last([profile], [landed])
    failures = []
    for check in EXTRACT_GATE:
        broken = next((limit for limit in check.limits if not limit.is_kept(profile[limit.column])), None)
        if broken is not None:
            failures.append(
                Failure(
                    check_name=check.name,
                    holds=check.severity_of(profile) == "hold",
                    observed=profile[broken.column],
                    expected=str(broken),
                    why=check.why,
                    steward_action=check.steward_action,
                    finding=str(found_by(check, profile)),
                )
            )
    return failures
