"""Measure a candidate's published tables.

Public counts are protected, closed years unchanged, enough of a year is shown, and members see at least what
the public sees. A period is new where this candidate publishes it first, or again by `njia decide republish`;
it is carried where its rows come from an earlier release. `periods` of the manifest has both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from orchestration.core import (
    PublicationPolicy,
    Settings,
    attach,
    load_keys,
    load_publication_policy,
    open_duckdb,
    quoted,
)
from orchestration.gates.earlier_checks import published_tables
from orchestration.gates.in_force import ALERT_SCHEMA, alert_releases
from orchestration.gates.public_counts import (
    COLUMNS,
    has_public_periods,
    protected_counts,
    rows_that_say_too_much,
    texts,
)
from orchestration.release import EVIDENCE_BASE, PUBLIC_EVIDENCE_BASE, last_with_periods, period_of
from orchestration.stewardship import Decisions

MEASURES = (
    "public_tables_missing", "policy_waits_for_signature", "public_counts_wrong", "carried_rows_changed",
    "years_that_show_too_little", "public_rows_unknown_to_members",
)  # fmt: skip
_CELL = ["table_name", "period_id", "population", "record_grain", "cell"]
# The public counts; a number that contradicts its text is null.
_COUNTS = """
create temp table counts as
with listed as (
    select 'corridors' as table_name, level || '|' || corridor_id as cell, period_id, population,
        record_grain, movement_count, movement_count_text
    from public.published.corridors
    union all
    select 'places', role || '|' || place_id, period_id, population, record_grain,
        movement_count, movement_count_text
    from public.published.places
    union all
    select 'codes', case when subject = 'all' then domain || '|' || code end, period_id, population,
        record_grain, movement_count, movement_count_text
    from public.published.codes
)
select * exclude (movement_count, movement_count_text),
    case when movement_count_text = movement_count::varchar then movement_count end as movement_count
from listed
"""


def protection_measures(
    settings: Settings,
    candidate: Path,
    manifest: Mapping[str, Any],
    as_of: date,
    decisions: Decisions,
) -> dict[str, float | None]:
    """Return MEASURES; None where a missing table or key prevents one."""
    policy = load_publication_policy()
    signed = {str(decision["policy"]) for decision in decisions.policy_sign_offs}
    measures: dict[str, float | None] = dict.fromkeys(MEASURES)
    measures["policy_waits_for_signature"] = float(policy.why_unsigned(signed) is not None)
    expected = {name.partition(".")[2] for name in published_tables(settings, ("published",))}
    public = candidate / PUBLIC_EVIDENCE_BASE
    if not public.is_file():
        return measures | {"public_tables_missing": float(max(len(expected), 1))}
    with open_duckdb(threads=1) as con:
        attach(con, public, "public")
        attach(con, candidate / EVIDENCE_BASE, "members")
        if settings.warehouse.is_file():
            attach(con, settings.warehouse, "warehouse")
        editions = _Editions(
            con,
            settings,
            policy,
            periods=manifest.get("periods", {}),
            release_id=manifest.get("release_id", ""),
            closed_until=as_of - timedelta(days=policy["public_delay_days"]),
            republications=frozenset(str(decision["id"]) for decision in decisions.year_republications),
        )
        con.register("released_alerts", pa.Table.from_pylist(alert_releases(decisions), schema=ALERT_SCHEMA))
        measures["public_tables_missing"] = float(len(expected - editions.tables("public")))
        for measure in (_counts, _carried, _unknown_to_members):
            try:
                measures |= measure(editions)
            except (duckdb.CatalogException, duckdb.BinderException):
                continue
    return measures


@dataclass(frozen=True)
class _Editions:
    """Both editions of a candidate, attached as `members` and `public`, and the work file as `warehouse`.

    `periods`: by public period the epoch of its noise, its first release and the release it is carried from.
    `closed_until`: periods that end later are open. `republications`: ids of decisions to publish a year
    anew.
    """

    con: duckdb.DuckDBPyConnection
    settings: Settings
    policy: PublicationPolicy
    periods: Mapping[str, Mapping[str, Any]]
    release_id: str
    closed_until: date
    republications: frozenset[str] = frozenset()

    @property
    def carried(self) -> dict[str, str]:
        """Carried periods, each with the release it is carried from."""
        return {
            period: str(about["carried_from"])
            for period, about in self.periods.items()
            if about["first_release"] != self.release_id
        }

    def tables(self, database: str) -> set[str]:
        rows = self.con.execute(
            "select table_name from duckdb_tables() where database_name = ? and schema_name = 'published'",
            [database],
        ).fetchall()
        return {name for (name,) in rows}

    def is_new(self, table: str) -> str:
        """Return the SQL condition that a row of `listed` is of a new period (or of one without an entry)."""
        if not has_public_periods(table):
            return "true"
        return f"coalesce(listed.{period_of(table)}, '-') not in ({texts(self.carried)})"

    def number(self, query: str) -> int:
        row = self.con.execute(query).fetchone()
        return int(row[0]) if row else 0


def _counts(editions: _Editions) -> dict[str, float | None]:
    """Count public counts that differ from the protected ones, and years that show too little."""
    con, policy = editions.con, editions.policy
    con.execute(_COUNTS)
    kinds = dict(
        con.execute(
            "select period_id, period_kind from members.published.periods "
            "where period_kind in ('year', 'round') and period_to <= ?",
            [editions.closed_until],
        ).fetchall()
    )
    closed = [period for period in editions.periods if period in kinds and period not in editions.carried]
    epochs = {year: int(editions.periods[year]["epoch"]) for year in closed if kinds[year] == "year"}
    keys = load_keys(editions.settings) if epochs else None
    counted = protected_counts(con, keys, policy, epochs) if keys else pd.DataFrame(columns=COLUMNS)
    counted = counted.assign(record_grain="case")
    shown = counted[counted["protected_count"] >= policy["public_least_count"]]
    found = con.execute(f"from counts as listed where {editions.is_new('counts')}").df()
    both = shown.merge(found, on=_CELL, how="outer")
    # As floats: a number missing on either side counts as a difference.
    is_right = both["protected_count"].astype("float64") == both["movement_count"].astype("float64")
    wrong = int((~is_right).sum())
    wrong += int(found.duplicated(_CELL).sum())
    new = {table: editions.is_new(table) for table in sorted(editions.tables("public"))}
    wrong += sum(map(editions.number, rows_that_say_too_much(policy, new, closed)))
    return {
        "public_counts_wrong": float(wrong),
        "years_that_show_too_little": float(_years_that_show_too_little(counted, found, policy)),
    }


def _years_that_show_too_little(counted: pd.DataFrame, found: pd.DataFrame, policy: PublicationPolicy) -> int:
    """Count large years whose shown corridors hold too few movements between known places."""
    is_pair = (counted["table_name"] == "corridors") & (counted["population"] == "all")
    is_pair &= counted["cell"].str.startswith("od|")
    pairs = counted[is_pair].merge(found[_CELL].drop_duplicates(), on=_CELL, how="left", indicator="where")
    pairs["shown_count"] = pairs["true_count"].where(pairs["where"] == "both", 0)
    years = pairs.groupby("period_id")[["true_count", "shown_count"]].sum()
    shows_little = years["shown_count"] < policy.numbers["utility_least_share"] * years["true_count"]
    is_large = years["true_count"] >= policy["utility_least_movements"]
    return int((shows_little & is_large).sum())


def _carried(editions: _Editions) -> dict[str, float | None]:
    """Count rows of carried periods that differ from the release they are carried from."""
    con, changed = editions.con, _not_taken_over(editions)
    for release in sorted(set(editions.carried.values())):
        earlier = editions.settings.releases / release / PUBLIC_EVIDENCE_BASE
        if not earlier.is_file():
            return {}
        attach(con, earlier, "earlier")
        before = editions.tables("earlier")
        periods = texts(period for period, source in editions.carried.items() if source == release)
        for table in filter(has_public_periods, sorted(editions.tables("public"))):
            # Columns added by a later version are no change.
            shared = _columns(con, "public", table) & _columns(con, "earlier", table)
            rows = "select {} from {}.published.{} where {} in ({})"
            now, then = (
                rows.format(", ".join(sorted(shared)) or "*", database, table, period_of(table), periods)
                for database in ("public", "earlier")
            )
            changes = [f"{now} except all {then}", f"{then} except all {now}"] if table in before else [now]
            changed += sum(editions.number(f"select count(*) from ({change})") for change in changes)
        con.execute("detach earlier")
    return {"carried_rows_changed": float(changed)}


def _not_taken_over(editions: _Editions) -> int:
    """Count periods of the newest earlier release that are neither carried nor published anew by decision."""
    before = last_with_periods(editions.settings)
    wrong = 0
    for period, earlier in before.manifest["periods"].items() if before else ():
        now = editions.periods.get(period)
        if now is None:
            wrong += 1
        elif period not in editions.carried:
            decided = set(now.get("republished_by", [])) - set(earlier["republished_by"])
            is_decided = bool(decided) and decided <= editions.republications
            wrong += not (is_decided and now["epoch"] == earlier["epoch"] + len(decided))
    return wrong


def _unknown_to_members(editions: _Editions) -> dict[str, float | None]:
    """Count public rows of new periods whose key has no row in the members' edition."""
    keys: dict[str, list[str]] = {}
    for table, column in editions.con.execute(
        "select table_name, column_name from members.meta.columns "
        "where table_schema = 'published' and is_key and column_name <> 'edition' order by all"
    ).fetchall():
        keys.setdefault(table, []).append(column)
    known, unknown = editions.tables("members"), 0
    for table in sorted(editions.tables("public")):
        key = ", ".join(keys.get(table, ["*"]))
        rows = f"select {key} from public.published.{table} as listed where {editions.is_new(table)}"
        if table in known and table in keys:
            rows += f" except all select {key} from members.published.{table}"
        unknown += editions.number(f"select count(*) from ({rows})")
    return {"public_rows_unknown_to_members": float(unknown)}


def _columns(con: duckdb.DuckDBPyConnection, database: str, table: str) -> set[str]:
    rows = con.execute(
        "select column_name from duckdb_columns() "
        "where database_name = ? and schema_name = 'published' and table_name = ?",
        [database, table],
    ).fetchall()
    return {quoted(name) for (name,) in rows}
