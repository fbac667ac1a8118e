"""The extract gate: one verdict per landed extract and check, what stewards waived, and a file on trial.

On trial a file that is not landed has the profile and limits of a landed one, without a comparison to earlier
ones (`njia contract check`)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.extract_gate import EXTRACT_GATE
from orchestration.core import NjiaError, Settings, open_duckdb, say
from orchestration.gates.compared_records import FIELDS
from orchestration.gates.extract_comparison import OF_FIELDS
from orchestration.gates.extract_profile import (
    TYPED_TABLES,
    beside_last,
    profile_extracts,
    profile_rows,
    write_table,
)
from orchestration.gates.judging import Judgement, Outcome, judge, judge_row
from orchestration.gates.landed import Landed, landed_extracts
from orchestration.stewardship import Decisions
from orchestration.typing import SCHEMAS


@dataclass(frozen=True)
class Verdict:
    """The result of one check on one extract.

    `outcome` separates failed checks from those that could not be judged. `finding` says what a failed check
    found, in numbers; `said` is the same sentence for translation. Both are empty for checks without such a
    text. `broken`: the measures that break a limit.
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
    broken: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.severity == "hold" and not self.passed and not self.waived


_PLOTTED = ("_share", "_vs_last")
_TYPES: dict[Any, pa.DataType] = {
    bool: pa.bool_(),
    float | None: pa.float64(),
    list[str]: pa.list_(pa.string()),
}
VERDICT_SCHEMA = pa.schema([(part.name, _TYPES.get(part.type, pa.string())) for part in fields(Verdict)])


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


def judge_extracts(settings: Settings, as_of: datetime, decisions: Decisions) -> ExtractVerdicts:
    """Profile and judge every landed extract; writes `profiles.parquet` and `verdicts.parquet`."""
    register = landed_extracts(settings)
    profiles = profile_extracts(settings, register, as_of, decisions)
    rows = [
        row | _field_names(row, landed) for row, landed in zip(profiles.to_pylist(), register, strict=True)
    ]
    verdicts = []
    for judgement in judge(profiles.to_pandas(), EXTRACT_GATE):
        row = rows[judgement.row]
        scope = f"{row['partner']}/{row['extract_id']}"
        check = judgement.as_check(row, decisions["check_waiver"], scope, as_of)
        verdicts.append(_verdict(judgement, row, check))
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


def read_profiles(settings: Settings) -> list[dict[str, Any]]:
    """Read the latest profiles; none before the first."""
    path = settings.work / "gates" / "profiles.parquet"
    return pq.read_table(path).to_pylist() if path.is_file() else []


def newest_numbers(settings: Settings) -> dict[str, dict[str, float]]:
    """Return rows and shares of each partner's newest extract, and the limits beside them."""
    numbers: dict[str, dict[str, float]] = {}
    for row in sorted(read_profiles(settings), key=lambda row: int(row["sequence"])):
        own: dict[str, float] = {f"newest_{name}": int(row[name]) for name in ("rows_read", "rows_landed")}
        for check in EXTRACT_GATE:
            if all(limit.column.endswith(_PLOTTED) for limit in check.limits):
                own |= check.numbers(row)
        numbers[row["partner"]] = own
    return numbers


def unread_columns(settings: Settings) -> set[tuple[str, str, str]]:
    """Return partner, extract id and field of each column that cannot be read."""
    verdicts = read_verdicts(settings).verdicts
    unread = {(one.partner, one.extract_id) for one in verdicts if "unread_share" in one.broken}
    return {
        (row["partner"], row["extract_id"], row["unread_field"])
        for row in read_profiles(settings)
        if (row["partner"], row["extract_id"]) in unread
    }


def _verdict(judgement: Judgement, row: Mapping[str, Any], check: Mapping[str, Any]) -> Verdict:
    return Verdict(
        extract_id=row["extract_id"],
        partner=row["partner"],
        check_name=judgement.expectation.name,
        passed=judgement.outcome == "passed",
        waived=check["waived_by"] is not None,
        check_definition=judgement.expectation.definition,
        broken=[limit.column for limit in judgement.broken],
        **check,
    )


def _field_names(row: Mapping[str, Any], landed: Landed) -> dict[str, str]:
    """Return the fields that differ as readers know them, with the partner's own column."""
    named = {}
    for name in OF_FIELDS:
        if row[name]:
            field = FIELDS[row[name]]
            column = landed.column_of(field.of_contract)
            is_other = column and column.casefold() != field.label.casefold()
            named[name] = (
                say("{label} ({column})", label=field.label, column=f"“{column}”")
                if is_other
                else field.label
            )
    return named


def would_fail(note: Mapping[str, Any], tables: Mapping[str, pa.Table], today: date) -> list[Verdict]:
    """Return the verdicts of the checks that a file would fail, in the order of the gate.

    `note`: its landing note. `tables`: its typed tables and `matches` of the places room, by name.
    """
    landed = Landed(str(note["partner"]), str(note["extract_id"]), note)
    with open_duckdb() as con:
        con.register("matches", tables["matches"])
        for name in TYPED_TABLES:
            whole = [SCHEMAS[name].empty_table(), tables[name]]
            con.register(name, pa.concat_tables(whole, promote_options="permissive"))
        [profile] = profile_rows(con, [landed], today)
    profile |= beside_last(profile, landed)
    return [
        _verdict(judgement, profile, judgement.as_check(profile))
        for judgement in judge_row(profile, EXTRACT_GATE)
        if judgement.broken
    ]
