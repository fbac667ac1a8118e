"""What differs between two releases, or between a candidate and the current release: one result for both.

`njia diff` shows it. Beside a judged candidate it lies as `changes.json`, which is removed before publishing,
like the verdict, because it names partners; a copy for the desk stays in `review/changes/`.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from orchestration.core import (
    Settings,
    UsageError,
    attach,
    load_publication_policy,
    open_duckdb,
    quoted,
    record_of,
    write_json,
)
from orchestration.release.comparison import add_lineages, compared, counted_lines, rows_changed
from orchestration.release.evidence_base import TIME_BOUND
from orchestration.release.lineage import lineage_of
from orchestration.release.published_tables import key_of
from orchestration.release.releases import (
    CHANGES,
    Release,
    current_release,
    erasure_of,
    find_release,
    refuse_erased,
)
from orchestration.stewardship import list_decisions, review

Row = dict[str, Any]
ABOUT_RECORDS = ("row_release", "row_exclude", "value_correction")
LISTED = 60  # rows kept of each list; its number says how many there are
# Parts of the inputs that change what records of the same extract say, and the cause that each stands for.
_READ_OTHERWISE = {
    "contracts": "contract",
    "code": "program",
    "engines": "program",
    "decisions": "decision",
    "time": "time",  # an embargo, a retention or an agreement has ended
}
# Each partner's records before and now, and those that are new, gone and changed, by cause: a decision about
# the record; its extract that came or left; a newer extract of the same contract; the end of an embargo; and
# else what the inputs say.
_PARTNERS = """
    with extracts as (
        select partner, extract_id, coalesce(now.contract, before.contract) as contract,
            before.contract is not null as was_in_force, now.contract is not null as is_in_force,
            bool_or(before.contract is null) over of_contract as has_new,
            bool_or(now.contract is null) over of_contract as has_left
        from extracts_before as before full join extracts_now as now using (partner, extract_id)
        window of_contract as (partition by partner, coalesce(now.contract, before.contract))
    ),
    embargoes as (
        -- Two partners may have sent the same bytes.
        select extract_id, before.rows - now.rows as ended
        from (
            select extract_id, sum(rows_embargoed) as rows from older.quality.reconciliation group by all
        ) as before
        inner join (
            select extract_id, sum(rows_embargoed) as rows from newer.quality.reconciliation group by all
        ) as now using (extract_id)
    ),
    differing as (
        select records.partner, records.extract_id, records.became,
            case
                when records.record_id in $decided then 'decision'
                when not own.was_in_force
                    then if(own.extract_id in $before, 'held_or_withdrawn', 'new_extract')
                when not earlier.is_in_force
                    then if(earlier.extract_id in $now, 'held_or_withdrawn', 'time')
                when own.extract_id is null and earlier.has_new then 'new_extract'
                when records.extract_id is distinct from records.extract_id_before
                    and coalesce(own.has_left, earlier.has_left) then 'held_or_withdrawn'
            end as cause
        from both_releases as records
        left join extracts as own
            on records.partner = own.partner and records.extract_id = own.extract_id
        left join extracts as earlier
            on records.partner = earlier.partner and records.extract_id_before = earlier.extract_id
        where records.became <> 'same'
    ),
    caused as (
        select differing.partner, differing.became,
            case
                when cause is not null then cause
                when became = 'new'
                    and row_number() over (partition by extract_id, cause, became) <= embargoes.ended
                    then 'time'
                else $otherwise
            end as cause
        from differing left join embargoes using (extract_id)
    ),
    counted as (
        select partner, cause, count(*) as differing, count(*) filter (where became = 'new') as new,
            count(*) filter (where became = 'gone') as gone,
            count(*) filter (where became = 'changed') as changed
        from caused group by partner, cause
    ),
    by_partner as (
        select partner, sum(new)::bigint as new, sum(gone)::bigint as gone, sum(changed)::bigint as changed,
            list(
                {'causes': string_split(cause, '+'), 'new': new, 'gone': gone, 'changed': changed}
                order by differing desc, cause
            ) as causes
        from counted group by partner
    ),
    sums as (
        select partner, count(*) filter (where became <> 'new') as before,
            count(*) filter (where became <> 'gone') as now
        from both_releases group by partner
    )
    select partner, before, now, coalesce(new, 0) as new, coalesce(gone, 0) as gone,
        coalesce(changed, 0) as changed, coalesce(causes, []) as causes
    from sums left join by_partner using (partner)
    order by coalesce(by_partner.new + by_partner.gone + by_partner.changed, 0) desc, partner
"""
PLACES = ("starts", "ends", "passings", "border_points")  # published tables of places
_PLACES = """
    select place_id, case place_id when 'KEN' then 'Kenya, county unknown' else name end as name
    from newer.marts.dim_place where kind in ('county', 'border_point', 'country')
    union all by name select 'unknown' as place_id, 'Unknown' as name
"""
_ENDS = ["start_place", "end_place"]
_ENDS_OF_EITHER = ", ".join(f"coalesce({end}, {end}_before) as {end}" for end in _ENDS)
_COUNTS = ["earlier_count", "later_count"]
_LARGEST = ", ".join(f"coalesce({name}_before, 0), coalesce({name}, 0)" for name in _COUNTS)
_OF_BOTH = " and ".join(
    f"period_id in (select period_id from {release}.published.{{table}})" for release in ("older", "newer")
)
# Labels and statuses of the same period in each release, and alerts in force. By table: values that are
# compared, further columns, and the query over both sides.
_LABELS: dict[str, tuple[list[str], list[str], str]] = {
    # New, gone and kept, by the month since which each stands.
    "alerts": (
        ["first_month"],
        ["newest_month", "witness_count", *_ENDS],
        f"""
        select {_ENDS_OF_EITHER}, direction,
            strftime(coalesce(newest_month, newest_month_before), '%Y-%m') as newest_month,
            strftime(first_month_before, '%Y-%m') as before, strftime(first_month, '%Y-%m') as now,
            coalesce(if(became = 'gone', witness_count_before, witness_count)::varchar, '{{few}}')
                as movements
        from ({{both}})
        order by first_month_before is not null and first_month is not null,
            coalesce(witness_count, witness_count_before, 0) desc, start_place, end_place, direction
        """,
    ),
    "hotspots": (
        ["label"],
        ["place"],
        f"""
        select coalesce(place, place_before) as place, role, period_id, people, label_before as before,
            label as now
        from ({{both}})
        where label_before is distinct from label and {_OF_BOTH.format(table="periods")}
        order by place, role, period_id, people
        """,
    ),
    "shifts": (
        ["status"],
        [*_ENDS, *_COUNTS],
        f"""
        select {_ENDS_OF_EITHER}, compared, earlier_period_id, period_id, status_before as before,
            status as now, greatest({_LARGEST})::integer as movements
        from ({{both}})
        where status_before is distinct from status and {_OF_BOTH.format(table="shifts")}
        order by movements desc, start_place, end_place, compared, earlier_period_id, period_id
        """,
    ),
}


def write_changes(settings: Settings, candidate: Release, current: Release | None) -> None:
    """Write `changes.json` beside a candidate, and a copy that outlives it.

    Before the first release there is nothing to compare with.
    """
    if current is not None and erasure_of(current) is None:
        changes = compare(settings, current, candidate)
        for path in (candidate.path / CHANGES, review.changes_file(settings, candidate.release_id)):
            write_json(path, changes)


def diff(settings: Settings, before: str, after: str) -> Row:
    """Compare two releases, each given by its id, the beginning of its id, or `current`; with each table."""
    old, new = find_release(settings, before), find_release(settings, after)
    if old.release_id == new.release_id:
        raise UsageError(f"Name two releases: both are {old.release_id}.")
    refuse_erased(old)
    refuse_erased(new)
    return compare(settings, old, new) | {"tables": _tables(old, new)}


def compare(settings: Settings, old: Release, new: Release) -> Row:
    """Compare two releases; lists have their largest differences first.

    `records_compared` is false where a lineage is missing or may not be read: then no partners, places and
    corridors are listed.
    """
    before, now = old.manifest, new.manifest
    changed = sorted(
        name
        for name in before["input_parts"].keys() | now["input_parts"].keys()
        if before["input_parts"].get(name) != now["input_parts"].get(name)
    )
    try:
        entries = {entry["id"]: entry for entry in list_decisions(settings)}
    except PermissionError:  # whoever may read releases need not be allowed to read decisions
        entries = {}
    decisions = _decisions(before, now, entries)
    older, newer = (manifest.get("movements_by_grain") or {} for manifest in (before, now))
    found: Row = {
        "before": old.release_id,
        "after": new.release_id,
        # Grains are never added up.
        "grains": [
            {"record_grain": grain, "before": older.get(grain, 0), "now": newer.get(grain, 0)}
            for grain in sorted(older.keys() | newer.keys())
        ],
        "inputs_changed": changed,
        "decisions": decisions,
        "extracts": _extracts(before, now),
        "records_compared": False,
        "partners": [],
        "places": _listed([]),
        "corridors": _listed([]),
    }
    with _opened(old, new) as con:
        if add_lineages(con, lineage_of(settings, new.release_id), lineage_of(settings, old.release_id)):
            otherwise = dict.fromkeys(_READ_OTHERWISE[part] for part in _READ_OTHERWISE if part in changed)
            found["records_compared"] = True
            found["partners"] = _rows(
                con,
                _PARTNERS,
                # Records that these decisions let in, left out or corrected.
                decided=[
                    record_of(str(entries[decision["id"]]["record"]))
                    for decision in decisions
                    if decision["kind"] in ABOUT_RECORDS and decision["id"] in entries
                ],
                before=[extract["extract_id"] for extract in before["extracts"]],
                now=[extract["extract_id"] for extract in now["extracts"]],
                otherwise="+".join(otherwise) or "unknown",
            )
            found |= _lines(con)
        return found | _labels(con, now)


def unpublished_movements(settings: Settings) -> int:
    """Count movements that are new, changed or missing beside the current release; before the first, all.

    Call it after the release gate refused, when the work file is complete and closed.
    """
    current = current_release(settings)
    if not settings.warehouse.is_file():
        return 0
    table = "marts.fct_movements"
    with open_duckdb() as con:
        attach(con, settings.warehouse, "work")
        try:
            if current and erasure_of(current) is None:
                attach(con, current.evidence_base, "published")
                key = key_of(current.manifest, table)
                return sum(rows_changed(con, f"published.{table}", f"work.{table}", key))
            return int(con.execute(f"select count(*) from work.{table}").fetchall()[0][0])
        except duckdb.CatalogException:
            return 0


def tables_since(manifest: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[Row]:
    """List every table's rows, its added rows and whether it is same, changed or new, by the manifests."""
    earlier: Mapping[str, Any] = before["tables"] if before else {}
    rows = []
    for table, now in sorted(manifest["tables"].items()):
        then = earlier.get(table)
        if then is None:
            became = "new"
        elif table in TIME_BOUND or then["hash"] == now["hash"]:
            became = "same"
        else:
            became = "changed"
        more = now["rows"] - then["rows"] if then else now["rows"]
        rows.append({"table": table, "rows": now["rows"], "more_than_before": more, "became": became})
    return rows


def extracts_since(manifest: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, int]:
    """Count the extracts that came into force and left since the release before, by their manifests."""
    came = [extract["came"] for extract in _extracts(before or {"extracts": []}, manifest)]
    return {"extracts_came": came.count(True), "extracts_left": came.count(False)}


def _extracts(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Row]:
    """Return the extracts that are in force in one of the releases only."""
    then, since = (
        {
            (one["partner_code"], one["extract_id"])
            for one in manifest["extracts"]
            if one["fate"] == "in_force"
        }
        for manifest in (before, now)
    )
    return [
        {"partner_code": partner, "extract_id": extract, "came": (partner, extract) in since}
        for partner, extract in sorted(then ^ since)
    ]


def _decisions(before: Mapping[str, Any], now: Mapping[str, Any], entries: Mapping[str, Row]) -> list[Row]:
    """Return the decisions that only one of the releases was made with; a release holds ids and kinds."""
    sides = [{one["id"]: one["kind"] for one in manifest["decisions"]} for manifest in (before, now)]
    return [
        {"id": name, "kind": kind, "says": entries.get(name, {}).get("says", ""), "came": came}
        for came in (True, False)
        for name, kind in sides[came].items()
        if name not in sides[not came]
    ]


def _opened(old: Release, new: Release) -> duckdb.DuckDBPyConnection:
    con = open_duckdb(threads=2)
    attach(con, old.evidence_base, "older")
    attach(con, new.evidence_base, "newer")
    return con


def _tables(old: Release, new: Release) -> list[Row]:
    """Return each table's rows, and those added, removed and changed: with the same key and other values."""
    rows = []
    before, after = old.manifest["tables"], new.manifest["tables"]
    with _opened(old, new) as con:
        for table in sorted((before.keys() | after.keys()) - TIME_BOUND):
            was, now = (tables[table]["rows"] if table in tables else None for tables in (before, after))
            if was is None or now is None:
                counts = now or 0, was or 0, 0
            elif before[table]["hash"] == after[table]["hash"]:
                counts = 0, 0, 0
            else:
                name = quoted(*table.split(".", 1))
                counts = rows_changed(con, f"older.{name}", f"newer.{name}", after[table]["key"])
            names = ("table", "rows_before", "rows_after", "added", "removed", "changed")
            rows.append(dict(zip(names, (table, was, now, *counts), strict=True)))
    return rows


def _lines(con: duckdb.DuckDBPyConnection) -> Row:
    """Return the places and corridors whose cases differ, as the published tables count them."""
    known = {place["place_id"]: place for place in _rows(con, _PLACES)}
    places = [
        vars(line) | {"table": table, "place": known[line.line]["name"]}
        for table in PLACES
        for line in counted_lines(con, table)
        if line.line in known
    ]
    corridors = []
    for line in counted_lines(con, "corridors"):
        corridor, _, direction = line.line.partition("|")
        ends = [known.get(end) for end in corridor.split(">")]
        if all(ends):
            corridors.append(vars(line) | {"direction": direction} | dict(zip(_ENDS, ends, strict=True)))
    places.sort(key=lambda line: -abs(line["now"] - line["before"]))
    return {"places": _listed(places), "corridors": _listed(corridors)}


def _labels(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> Row:
    """Return labels, statuses and alerts that differ."""
    found = {}
    few = f"<{load_publication_policy()['members_least_count']}"
    for table, (values, others, query) in _LABELS.items():
        try:
            key = [name for name in key_of(manifest, f"published.{table}") if name not in values]
            both = compared(f"older.published.{table}", f"newer.published.{table}", key, values, others)
            found[table] = _listed(_rows(con, query.format(both=both, few=few)))
        except (KeyError, duckdb.BinderException, duckdb.CatalogException):  # of an older version
            found[table] = _listed([])
    return found


def _listed(rows: list[Row]) -> Row:
    return {"number": len(rows), "rows": rows[:LISTED]}


def _rows(con: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> list[Row]:
    return con.execute(query, parameters).to_arrow_table().to_pylist()
