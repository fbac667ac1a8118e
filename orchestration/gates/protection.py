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
import pyarrow.parquet as pq

from orchestration.core import (
    PublicationPolicy,
    Settings,
    attach,
    load_keys,
    load_publication_policy,
    open_duckdb,
    quoted,
)
from orchestration.gates.in_force import ALERT_SCHEMA, alert_releases
from orchestration.gates.public_counts import CELL, protected_cells, public_counts
from orchestration.gates.public_labels import with_drawn_labels
from orchestration.gates.public_rows import (
    contradictions,
    counts_query,
    has_public_periods,
    rows_that_say_too_much,
    texts,
)
from orchestration.gates.release_profile import published_tables
from orchestration.release import EVIDENCE_BASE, PUBLIC_EVIDENCE_BASE, last_with_periods
from orchestration.statistics import LEAVES, wrong_leaves
from orchestration.stewardship import Decisions

MEASURES = (
    "public_tables_missing", "policy_waits_for_signature", "public_counts_wrong", "counts_that_contradict",
    "carried_rows_changed", "years_that_show_too_little", "public_rows_unknown_to_members",
)  # fmt: skip
# Rows for the rest of a table: members, who see smaller cells, may have none.
_REST, _SIDES = ("fewer", "unknown"), {"place_id", "start_place_id", "end_place_id", "direction", "code"}


def protection_measures(
    settings: Settings,
    candidate: Path,
    manifest: Mapping[str, Any],
    as_of: date,
    decisions: Decisions,
) -> dict[str, float | None]:
    """Return MEASURES; None where a missing table or key prevents one."""
    policy = load_publication_policy()
    signed = {str(decision["policy"]) for decision in decisions["policy_sign_off"]}
    measures: dict[str, float | None] = dict.fromkeys(MEASURES)
    measures["policy_waits_for_signature"] = float(policy.why_unsigned(signed) is not None)
    expected = {name.partition(".")[2] for name in published_tables(settings, ("published",), is_public=True)}
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
            republications=frozenset(str(decision["id"]) for decision in decisions["year_republication"]),
        )
        con.register("released_alerts", pa.Table.from_pylist(alert_releases(decisions), schema=ALERT_SCHEMA))
        measures["public_tables_missing"] = float(len(expected - editions.columns("public").keys()))
        for measure in (_counts, _contradictions, _carried, _unknown_to_members):
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

    def columns(self, database: str, schema: str = "published") -> dict[str, set[str]]:
        """Return the columns of each published table."""
        columns: dict[str, set[str]] = {}
        for table, name in self.con.execute(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = ? and schema_name = ?",
            [database, schema],
        ).fetchall():
            columns.setdefault(table, set()).add(name)
        return columns

    def is_new(self, table: str) -> str:
        """Return the SQL condition that a row of `listed` is of a new period (or of one without an entry)."""
        if not has_public_periods(table):
            return "true"
        return f"coalesce(listed.period_id, '-') not in ({texts(self.carried)})"

    def number(self, query: str) -> int:
        row = self.con.execute(query).fetchone()
        return int(row[0]) if row else 0


def _counts(editions: _Editions) -> dict[str, float | None]:
    """Count public counts that differ from the right ones, and years that show too little."""
    con, policy, tables = editions.con, editions.policy, editions.columns("public")
    con.execute(f"create temp table counts as {counts_query(tables)}")
    con.execute(
        "create temp table corridor_sums as select period_id, split_part(cell_id, '|', 1) as corridor_id, "
        "sum(count) as count from counts where table_name = 'corridors' group by all"
    )
    kinds = dict(
        con.execute(
            "select period_id, period_kind from members.published.periods "
            "where period_kind in ('year', 'round') and period_to <= ?",
            [editions.closed_until],
        ).fetchall()
    )
    closed = [period for period in editions.periods if period in kinds and period not in editions.carried]
    epochs = {year: int(editions.periods[year]["epoch"]) for year in closed if kinds[year] == "year"}
    found = con.execute(f"from counts as listed where {editions.is_new('counts')}").df()
    con.execute(
        "create temp table totals as select period_id, sum(count) as total from corridor_sums group by all"
    )
    right, cells, of_labels, wrong = pd.DataFrame(columns=[*CELL, "count"]), pd.DataFrame(), pd.DataFrame(), 0
    if epochs:
        # A change is drawn with the records of both years.
        before = {f"year-{int(year.removeprefix('year-')) - 1}": 0 for year in epochs}
        of_labels = protected_cells(con, load_keys(editions.settings), policy, before | epochs)
        cells = of_labels[of_labels["period_id"].isin(epochs)]
        leaves = _leaves(editions.settings)
        wrong = wrong_leaves(pa.Table.from_pandas(cells, preserve_index=False), leaves)
        right = public_counts(cells, leaves.to_pandas(), policy)
    wrong += with_drawn_labels(con, editions.settings, of_labels, policy, epochs, closed)
    both = right.merge(found, on=CELL, how="outer")
    # As floats: a number missing on either side counts as a difference.
    wrong += int((both["count_x"].astype("float64") != both["count_y"].astype("float64")).sum())
    wrong += int(found.duplicated(CELL).sum())
    new = {table: editions.is_new(table) for table in sorted(tables)}
    wrong += sum(map(editions.number, rows_that_say_too_much(policy, new, closed)))
    too_little = _years_that_show_too_little(cells, found, policy) if epochs else 0
    return {"public_counts_wrong": float(wrong), "years_that_show_too_little": float(too_little)}


def _leaves(settings: Settings) -> pa.Table:
    path = settings.fitted / "leaves.parquet"
    return pq.read_table(path) if path.is_file() else LEAVES.empty_table()


def _years_that_show_too_little(cells: pd.DataFrame, found: pd.DataFrame, policy: PublicationPolicy) -> int:
    """Count large years whose shown corridors hold too few movements between known places."""
    places = cells[["start_place_id", "end_place_id"]]
    pairs = cells[(cells["table_name"] == "corridors") & (places != "unknown").all(axis=1)]
    pairs = pairs.merge(found, on=CELL, how="left")
    pairs["shown_count"] = pairs["true_count"].where(pairs["count"].notna(), 0)
    years = pairs.groupby("period_id")[["true_count", "shown_count"]].sum()
    shows_little = years["shown_count"] < policy.numbers["utility_least_share"] * years["true_count"]
    is_large = years["true_count"] >= policy["utility_least_movements"]
    return int((shows_little & is_large).sum())


def _contradictions(editions: _Editions) -> dict[str, float | None]:
    """Count sums that differ, and parts larger than their whole, in both editions."""
    queries: list[str] = []
    for database, schema, new in (
        ("public", "published", editions.is_new("directions")),
        ("members", "published", "true"),
        ("members", "series", "true"),
    ):
        queries += contradictions(f"{database}.{schema}", editions.columns(database, schema), new)
    return {
        "counts_that_contradict": float(
            sum(editions.number(f"select count(*) from (select 1 {query})") for query in queries)
        )
    }


def _carried(editions: _Editions) -> dict[str, float | None]:
    """Count rows of carried periods that differ from the release they are carried from."""
    con, changed = editions.con, _not_taken_over(editions)
    for release in sorted(set(editions.carried.values())):
        earlier = editions.settings.releases / release / PUBLIC_EVIDENCE_BASE
        if not earlier.is_file():
            return {}
        attach(con, earlier, "earlier")
        before, now_columns = editions.columns("earlier"), editions.columns("public")
        periods = texts(period for period, source in editions.carried.items() if source == release)
        for table in filter(has_public_periods, sorted(now_columns)):
            # Columns added by a later version are no change.
            shared = now_columns[table] & before.get(table, set())
            rows = "select {} from {}.published.{} where period_id in ({})"
            now, then = (
                rows.format(", ".join(map(quoted, sorted(shared))) or "*", database, table, periods)
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
    unknown = 0
    for table in sorted(editions.columns("public")):
        key = keys.get(table, ["*"])
        rest = " and ".join(f"{quoted(name)} not in ({texts(_REST)})" for name in key if name in _SIDES)
        named = ", ".join(key)
        rows = (
            f"select {named} from public.published.{table} as listed "
            f"where {editions.is_new(table)} and {rest or 'true'}"
        )
        if table in editions.columns("members") and table in keys:
            rows += f" except all select {named} from members.published.{table}"
        unknown += editions.number(f"select count(*) from ({rows})")
    return {"public_rows_unknown_to_members": float(unknown)}
