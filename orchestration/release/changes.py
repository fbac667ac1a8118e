"""What a candidate would change in the current release: aggregates for stewards, which name partners.

`changes.json` lies beside the candidate; it is removed before publishing, like the verdict, and a copy stays
in `review/history/`. Not here: rows and sums of each table, which `differences` counts for `njia diff`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from orchestration.core import Settings, attach, open_duckdb, record_of, write_json
from orchestration.release.candidate import Candidate
from orchestration.release.comparison import Line, compared, counted_lines, open_both
from orchestration.release.differences import decisions_between, inputs_changed
from orchestration.release.lineage import lineage_of
from orchestration.release.published_tables import key_of
from orchestration.release.releases import CHANGES, Release, erasure_of
from orchestration.stewardship import list_decisions, review

SCHEMA_VERSION = 1
LISTED = 60  # rows kept of each list; its number says how many there are
# Causes, in the order in which they are looked for.
NEW_EXTRACT, HELD_OR_WITHDRAWN, DECISION = "new_extract", "held_or_withdrawn", "decision"
EMBARGO_OVER = "time"  # an embargo, a retention or an agreement has ended
# Parts of the inputs that change what records of the same extract say, and the cause that each stands for.
_READ_OTHERWISE = {
    "contracts": "contract",
    "code": "program",
    "engines": "program",
    "decisions": DECISION,
    "time": EMBARGO_OVER,
}
UNKNOWN = "unknown"
_BECAME = ("new", "gone", "changed")
_RECORDS = """
    select partner, extract_id_before, extract_id, record_id in (select unnest($decided)) as is_decided,
        became, count(*)
    from both_releases
    where became <> 'same'
    group by all
    order by all
"""
_SUMS = """
    select partner, count(*) filter (where became <> 'new'), count(*) filter (where became <> 'gone')
    from both_releases group by partner order by partner
"""
_PLACES = """
    select place_id, name, kind = 'county' or (kind = 'country' and place_id <> 'KEN')
    from newer.marts.dim_place
"""


_ENDS = ["origin", "destination"]
_ENDS_OF_EITHER = ", ".join(f"coalesce({end}, {end}_before) as {end}" for end in _ENDS)
_OF_ALERT = ["newest_month", "record_count", "record_count_text", *_ENDS]
_COUNTS = ["baseline_count", "current_count"]
_LARGEST = ", ".join(f"coalesce({name}_before, 0), coalesce({name}, 0)" for name in _COUNTS)
_OF_BOTH = " and ".join(
    f"current in (select current from {release}.published.shifts where edition = 'members' and level = 'od')"
    for release in ("older", "newer")
)


def _labels(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return queries of labels and statuses of the same period in each release, and of alerts in force."""

    def members(table: str, values: list[str], others: list[str], where: str = "true") -> str:
        key = [name for name in key_of(manifest, f"published.{table}") if name not in values]
        rows = f"published.{table} where edition = 'members' and {where})"
        return compared(f"(from older.{rows}", f"(from newer.{rows}", key, values, others)

    return {
        # New, gone and kept, by the month since which each stands.
        "alerts": f"""
            select {_ENDS_OF_EITHER}, 'case' as record_grain, direction,
                strftime(coalesce(newest_month, newest_month_before), '%Y-%m') as newest_month,
                strftime(first_month_before, '%Y-%m') as before, strftime(first_month, '%Y-%m') as now,
                coalesce(record_count_text, record_count_text_before) as movements
            from ({members("alerts", ["first_month"], _OF_ALERT)})
            order by first_month_before is not null and first_month is not null,
                coalesce(record_count, record_count_before, 0) desc, origin, destination, direction
        """,
        "hotspots": f"""
            select coalesce(place, place_before) as place, role, period_id, record_grain, population,
                label_before as before, label as now,
                greatest(
                    coalesce(movement_count_before, 0), coalesce(movement_count, 0)
                )::integer as movements
            from ({members("hotspots", ["label"], ["place", "movement_count"])})
            where label_before is distinct from label
                and period_id in (select period_id from older.published.periods)
                and period_id in (select period_id from newer.published.periods)
            order by movements desc, place, role, period_id, record_grain, population
        """,
        "shifts": f"""
            select {_ENDS_OF_EITHER}, comparison, baseline, current, record_grain,
                status_before as before, status as now,
                greatest({_LARGEST})::integer as movements
            from ({members("shifts", ["status"], [*_ENDS, *_COUNTS], "level = 'od'")})
            where status_before is distinct from status and {_OF_BOTH}
            order by movements desc, origin, destination, comparison, baseline, current, record_grain
        """,
    }


Row = dict[str, Any]


def write_changes(settings: Settings, candidate: Candidate, current: Release | None) -> None:
    """Write `changes.json` beside a candidate, and a copy that outlives it.

    Before the first release there is nothing to compare with.
    """
    if current is not None and erasure_of(current) is None:
        changes = find_changes(settings, candidate, current)
        for path in (candidate.path / CHANGES, review.changes_file(settings, candidate.release_id)):
            write_json(path, changes)


def find_changes(settings: Settings, candidate: Candidate, current: Release) -> dict[str, Any]:
    """Compare a candidate with the current release; every list has its largest differences first.

    `records_compared` is false where a lineage is missing: then no partners, places and corridors are listed.
    """
    new = Release(candidate.release_id, candidate.path, candidate.manifest, is_current=False)
    before, now, evidence_base = current.manifest, new.manifest, new.evidence_base
    changed = set(inputs_changed(current, new))
    came, left = decisions_between(settings, current, new)
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "candidate": candidate.release_id,
        "content_hash": now["content_hash"],
        "before": current.release_id,
        "as_of": now["as_of"],
        "grains": _grains(before, now),
        "inputs_changed": sorted(changed),
        "decisions": [
            {name: one.get(name, "") for name in ("id", "kind", "says")} | {"came": one in came}
            for one in (*came, *left)
        ],
        "records_compared": False,
        "partners": [],
        "places": _listed([]),
        "corridors": _listed([]),
    }
    if con := open_both(evidence_base, *(lineage_of(settings, one.release_id) for one in (new, current))):
        with con:
            attach(con, current.evidence_base, "older")
            found["records_compared"] = True
            decided = _decided_records(settings, {one["id"] for one in (*came, *left)})
            found["partners"] = _partners(con, _Fates(con, before, now), changed, decided)
            places = {
                row[0]: dict(zip(("name", "is_listed"), row[1:], strict=True))
                for row in con.execute(_PLACES).fetchall()
            }
            found["places"] = _listed(
                [
                    _line(one) | {"role": role, "place_id": place, "place": places[place]["name"]}
                    for one in counted_lines(con, "hotspots")
                    for _, role, place in [one.line.split("|")]
                    if places[place]["is_listed"]
                ]
            )
            found["corridors"] = _listed(list(_corridors(counted_lines(con, "corridors"), places)))
    with open_duckdb() as con:
        attach(con, evidence_base, "newer")
        attach(con, current.evidence_base, "older")
        for name, query in _labels(now).items():
            found[name] = _rows(con, query)
    return found


def _grains(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Row]:
    """Return the movements of each record grain; grains are never added up."""
    older, newer = before.get("movements_by_grain") or {}, now.get("movements_by_grain") or {}
    return [
        {"record_grain": grain, "before": older.get(grain, 0), "now": newer.get(grain, 0)}
        for grain in sorted(older.keys() | newer.keys())
    ]


class _Fates:
    """What became of each extract, and which of them have a newer one of their contract."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, before: Mapping[str, Any], now: Mapping[str, Any]
    ) -> None:
        self.known = [{extract["extract_id"] for extract in one["extracts"]} for one in (before, now)]
        contracts = [
            {
                (partner, extract): contract
                for partner, extract, contract in con.execute(
                    f"select partner, extract_id, contract from extracts_{when}"
                ).fetchall()
            }
            for when in ("before", "now")
        ]
        self.in_force = [one.keys() for one in contracts]
        self.contract = contracts[0] | contracts[1]
        came, left = contracts[1].keys() - contracts[0].keys(), contracts[0].keys() - contracts[1].keys()
        self.with_came = {(partner, self.contract[partner, extract]) for partner, extract in came}
        self.with_left = {(partner, self.contract[partner, extract]) for partner, extract in left}
        self.embargo_over: Counter[str] = Counter()
        for extract, rows in con.execute(
            "select extract_id, before.rows_embargoed - now.rows_embargoed from older.quality.reconciliation "
            "as before inner join newer.quality.reconciliation as now using (extract_id)"
        ).fetchall():
            self.embargo_over[extract] = max(0, int(rows or 0))

    def cause(self, partner: str, before: str | None, now: str | None) -> str | None:
        """Return the cause of a difference between extracts; None if the same extract feeds both releases."""
        was_in_force, is_in_force = self.in_force
        if now is not None and (partner, now) not in was_in_force:
            return HELD_OR_WITHDRAWN if now in self.known[0] else NEW_EXTRACT
        if before is not None and (partner, before) not in is_in_force:
            return HELD_OR_WITHDRAWN if before in self.known[1] else EMBARGO_OVER
        contract = (partner, self.contract[partner, now or before or ""])
        if now is None and contract in self.with_came:  # superseded by a full extract
            return NEW_EXTRACT
        if before != now and contract in self.with_left:
            return HELD_OR_WITHDRAWN
        return None


def _partners(
    con: duckdb.DuckDBPyConnection, fates: _Fates, inputs: set[str], decided: list[int]
) -> list[Row]:
    """Return each partner's movements before and now, and what is new, gone and changed, by cause."""
    otherwise = "+".join(dict.fromkeys(_READ_OTHERWISE[part] for part in _READ_OTHERWISE if part in inputs))
    by_partner: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for partner, before, now, is_decided, became, number in con.execute(
        _RECORDS, {"decided": decided}
    ).fetchall():
        cause = DECISION if is_decided else fates.cause(partner, before, now)
        if cause is None and became == "new":
            out = min(number, fates.embargo_over[now])
            fates.embargo_over[now] -= out
            by_partner[partner][EMBARGO_OVER][became] += out
            number -= out
        by_partner[partner][cause or otherwise or UNKNOWN][became] += number
    rows: list[Row] = []
    for partner, before, now in con.execute(_SUMS).fetchall():
        causes: list[Row] = [
            {"causes": cause.split("+")} | {name: counts[name] for name in _BECAME}
            for cause, counts in by_partner[partner].items()
            if counts.total()
        ]
        causes.sort(key=_largest_first)
        totals = {name: sum(one[name] for one in causes) for name in _BECAME}
        rows.append({"partner": partner, "before": before, "now": now, **totals, "causes": causes})
    return sorted(rows, key=_largest_first)


def _largest_first(row: Row) -> tuple[int, str]:
    return -sum(int(row[name]) for name in _BECAME), str(row.get("partner") or row["causes"])


def _decided_records(settings: Settings, decisions: set[str]) -> list[int]:
    """Return the ids of the records that these decisions let in, left out or corrected."""
    return [
        record_of(str(entry["record"]))
        for kind in ("row_release", "row_exclude", "value_correction")
        for entry in list_decisions(settings, kind)
        if entry["id"] in decisions
    ]


def _line(line: Line) -> Row:
    return {
        "record_grain": line.line.partition("|")[0],
        "before": line.before,
        "now": line.now,
        "partner": line.partner,
        "of_partner": line.of_partner,
    }


def _corridors(lines: list[Line], places: Mapping[str, Row]) -> Iterator[Row]:
    """Yield corridors from origin to destination; those through a place count the same movements."""
    for one in lines:
        _, level, corridor = one.line.split("|")
        if level == "od":
            ends = dict(zip(("origin", "destination"), corridor.split(">"), strict=True))
            yield _line(one) | {
                name: {"place_id": place, "name": places.get(place, {"name": place})["name"]}
                for name, place in ends.items()
            }


def _listed(rows: list[Row]) -> Row:
    return {"number": len(rows), "rows": rows[:LISTED]}


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> Row:
    """Return the rows of a query; none where a release of an older version lacks a table or a column."""
    try:
        found = con.execute(query)
    except (duckdb.BinderException, duckdb.CatalogException):
        return _listed([])
    names = [column[0] for column in found.description or ()]
    return _listed([dict(zip(names, row, strict=True)) for row in found.fetchall()])
