"""What an edition prints, read back from its evidence base: numbers of persons, and what has none."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from orchestration.disclosure import TOTAL, WHOLE, WHOLE_PERIOD, load_disclosure_policy


def printed_counts(evidence_base: Path, schema: str = "public") -> pd.DataFrame:
    """Every number of persons in the printed tables of a schema (`public` or `report`).

    Columns: record_grain, period_id, population, origin_place_id, destination_place_id, person_count,
    period_from, period_to; `*` is the total over an end. Where the policy tells children by country, a
    country is all of it: its id has the WHOLE behind it here, though not in the file.
    """
    edition = "partner" if schema == "report" else "public"
    is_whole = load_disclosure_policy().finest(edition, "place", of_children=True) == "country"
    return _asked(evidence_base, _COUNTS.replace("[whole]", WHOLE if is_whole else ""), schema)


def printed_presence(evidence_base: Path, schema: str = "public") -> pd.DataFrame:
    """Every way and code told of a corridor: record_grain, period_id, origin_place_id, destination_place_id,
    kind, value, period_from, period_to.
    """
    return _asked(evidence_base, _PRESENCE, schema)


def printed_news(evidence_base: Path, schema: str = "public") -> pd.DataFrame:
    """What is told of items in rounds: record_grain, period_id, role, item_kind, item, evidence_class,
    period_from, period_to. A round of which anything is counted has a row without an item as well.
    """
    return _asked(evidence_base, _NEWS, schema)


def printed_reporting(evidence_base: Path, schema: str = "public") -> pd.DataFrame:
    """How many partners watched a county, and, with the place `*`, whether a period is whole: record_grain,
    period_id, place_id, told, period_from, period_to. That a round is whole is said of every one.
    """
    return _asked(evidence_base, _REPORTING, schema)


def printed_shifts(evidence_base: Path, schema: str = "public") -> pd.DataFrame:
    """Corridors with what is said of them: corridor_id, record_grain, baseline_window, current_window,
    status."""
    with duckdb.connect(str(evidence_base.resolve()), read_only=True) as con:
        return con.execute(
            "select corridor_id, record_grain, baseline_window, current_window, status "
            f"from {schema}.{schema}_corridor_shifts order by all"
        ).df()


def _asked(evidence_base: Path, select: str, schema: str) -> pd.DataFrame:
    sql = f"""
        with printed as ({select.format(schema=schema)})

        select printed.*, periods.period_from, periods.period_to
        from printed
        inner join {schema}.{schema}_periods as periods on printed.period_id = periods.period_id
        order by all
    """
    with duckdb.connect(str(evidence_base.resolve()), read_only=True) as con:
        return con.execute(sql).df()


_ENDS = f"""
    case when role = 'origin' then place_id else '{TOTAL}' end as origin_place_id,
    case when role = 'destination' then place_id else '{TOTAL}' end as destination_place_id
"""
_ENDS_OF_CHILDREN = _ENDS.replace("then place_id", "then place_id || '[whole]'")
_COUNTS = f"""
    select record_grain, period_id, 'all' as population, origin_place_id, destination_place_id, person_count
    from {{schema}}.{{schema}}_corridors
    where person_count is not null
    union all
    select record_grain, period_id, 'all', {_ENDS}, person_count
    from {{schema}}.{{schema}}_ends
    union all
    select record_grain, period_id, 'children', {_ENDS_OF_CHILDREN}, person_count
    from {{schema}}.{{schema}}_children
"""
_NEWS = """
    select record_grain, 'round-' || round as period_id, role, item_kind, item, evidence_class
    from {schema}.{schema}_novelty
    union all
    select distinct record_grain, 'round-' || round, null, null, null, null
    from {schema}.{schema}_novelty
    union all
    select distinct ends.record_grain, ends.period_id, null, null, null, null
    from {schema}.{schema}_ends as ends
    inner join {schema}.{schema}_periods as periods on ends.period_id = periods.period_id
    where periods.period_kind = 'round'
    union all
    select distinct corridors.record_grain, corridors.period_id, null, null, null, null
    from {schema}.{schema}_corridors as corridors
    inner join {schema}.{schema}_periods as periods on corridors.period_id = periods.period_id
    where periods.period_kind = 'round'
"""
_PRESENCE = """
    select record_grain, period_id, origin_place_id, destination_place_id, 'via_place_id' as kind,
        via_place_id as value
    from {schema}.{schema}_routes
    union all
    select record_grain, period_id, origin_place_id, destination_place_id, domain, code
    from {schema}.{schema}_corridor_codes
"""
_REPORTING = f"""
    select record_grain, period_id, place_id, partners_band as told
    from {{schema}}.{{schema}}_coverage
    union all
    select reported.record_grain, reported.period_id, '{TOTAL}', coalesce(partial_reason, '{WHOLE_PERIOD}')
    from {{schema}}.{{schema}}_reported_periods as reported
    inner join {{schema}}.{{schema}}_periods as periods on reported.period_id = periods.period_id
    where periods.period_kind <> 'round'
"""
