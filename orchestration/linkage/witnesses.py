"""What partners' own numbers say: who is one person, who was found together, and which numbers say neither.

A witness is what tests count: the records of one incident, or of one person, are one witness however many
partners registered them. methods.md tells why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from orchestration.core import open_duckdb
from orchestration.linkage import policy
from orchestration.linkage.decisions import Pair, clustered
from orchestration.linkage.tables import SCHEMAS

if TYPE_CHECKING:
    import duckdb

INCIDENT, REFERRAL = "link.incident_ref", "link.referral_ref"

# Records of two partners with one referral number, if neither contradicts the other. A family may share a
# number: then the pair is the only one that fits. Partners whose pairs mostly contradict each other count
# from 1 each, and pass no number on.
_REFERRED = f"""
with numbers as (
    select referral_code, partner, count(*) as records from numbered
    where referral_code is not null group by referral_code, partner
),
shared as (
    select referral_code from numbers group by referral_code
    having count(*) > 1 and max(records) <= {policy.REFERRED_AT_MOST}
),
persons as (
    select record_id, records.partner, sex, birth_year, referral_code
    from linkable as records join numbered using (record_id) semi join shared using (referral_code)
),
pairs as (
    select one.record_id as one, other.record_id as other, one.partner, other.partner as other_partner,
        coalesce(one.sex <> other.sex, false)
        or coalesce(abs(one.birth_year - other.birth_year) > {policy.REFERRED_YEARS_APART}, false) as differs
    from persons as one join persons as other using (referral_code) where one.partner < other.partner
),
fitting as (
    select * from pairs
    qualify not differs and 2 * count(*) filter (differs) over (partition by partner, other_partner)
        <= count(*) over (partition by partner, other_partner)
)
select least(one, other), greatest(one, other) from fitting
qualify count(*) over (partition by one, other_partner) = 1
    and count(*) over (partition by other, partner) = 1
"""
_CROWDED = f"""
select partner, count(distinct referral_code) as ignored_numbers, cast(sum(records) as bigint) as records
from (
    select partner, referral_code, count(*) as records from numbered
    where referral_code is not null group by partner, referral_code
    having count(*) > {policy.REFERRED_AT_MOST}
) group by partner order by partner
"""
# `incidents`: each number of a source and grain, called by its smallest record; `is_ignored` where it is used
# for everything, or for each record alone.
_INCIDENTS = f"""
create temp table persons as
select numbered.*, coalesce(linked.movement_id, record_id) as movement_id
from numbered left join linked using (record_id);
create temp table incidents as
with sizes as (
    select source, record_grain, count(*) as in_all, count(incident_code) as with_number
    from persons group by source, record_grain
),
numbers as (
    select source, record_grain, incident_code, min(record_id) as incident_id, count(*) as records,
        count(distinct movement_id) as person_count,
        coalesce(max(period_from) - min(period_to), 0) as days
    from persons where incident_code is not null group by source, record_grain, incident_code
)
select numbers.*,
    days > {policy.INCIDENT_DAYS}
    or records > greatest({policy.INCIDENT_RECORDS}, {policy.INCIDENT_SHARE} * in_all)
    or with_number > {policy.INCIDENT_RECORDS}
    and max(records) over (partition by source, record_grain) = 1 as is_ignored
from numbers join sizes using (source, record_grain);
create temp table members as
select record_id, movement_id, source, incident_id, person_count
from persons join incidents using (source, record_grain, incident_code) where not is_ignored
"""
_JOINED = f"""
with met as (select distinct movement_id, source, incident_id, person_count from members)
select one.incident_id, other.incident_id
from met as one join met as other using (movement_id) where one.source < other.source
group by one.incident_id, other.incident_id
having count(*) >= case
    when max(greatest(one.person_count, other.person_count)) >= {policy.LARGE_INCIDENT}
    then {policy.SHARED_PERSONS_OF_LARGE} else {policy.SHARED_PERSONS} end
order by all
"""
_WITNESSES = """
with joined_members as (
    select record_id, movement_id, coalesce(joined.witness_id, incident_id) as witness_id
    from members left join joined using (incident_id)
),
of_persons as (select movement_id, min(witness_id) as witness_id from joined_members group by movement_id)
select persons.record_id,
    coalesce(own.witness_id, of_persons.witness_id, persons.movement_id) as witness_id,
    coalesce(own.witness_id, of_persons.witness_id) is not null as is_numbered
from persons
left join joined_members as own on persons.record_id = own.record_id
left join of_persons on persons.movement_id = of_persons.movement_id
order by persons.record_id
"""
_IGNORED = """
select partner, count(distinct incident_code) as ignored_numbers, count(*) as records
from persons join incidents using (source, record_grain, incident_code)
where is_ignored group by partner order by partner
"""
# Of each partner the one that shares most of its persons.
_SHARED = """
with sizes as (select partner, count(*) as records from linkable group by partner),
met as (
    select one.partner, other.partner as other_partner, count(distinct one.record_id) as linked
    from persons as one join persons as other using (movement_id)
    where one.partner <> other.partner group by one.partner, other.partner
)
select partner, other_partner, linked, records, linked / records as shared_persons
from met join sizes using (partner)
qualify row_number() over (partition by partner order by linked desc, other_partner) = 1
order by shared_persons desc, partner
"""


class Witnesses(NamedTuple):
    """`table`: as `witnesses` of SCHEMAS. `ignored_numbers`: by partner and field the numbers that say
    nothing, and the records that have them. `shared_persons`: of each partner the records whose persons
    another has.
    """

    table: pa.Table
    ignored_numbers: list[dict[str, Any]]
    shared_persons: list[dict[str, Any]]


def referred(numbered: pa.Table, records: pa.Table) -> frozenset[Pair]:
    """The pairs of LINK_INPUT records that one referral number calls one person, the smaller id first."""
    with open_duckdb() as con:
        con.register("numbered", numbered)
        con.register("linkable", records)
        return frozenset(con.execute(_REFERRED).fetchall())


def witnesses(numbered: pa.Table, records: pa.Table, linked: pa.Table) -> Witnesses:
    """The witness of each record of a NUMBERED table.

    `records`: the LINK_INPUT ones among them, and `linked` which of these are one movement.
    """
    with open_duckdb() as con:
        con.register("numbered", numbered)
        con.register("linkable", records)
        con.register("linked", linked)
        con.execute(_INCIDENTS)
        found = clustered(con.execute(_JOINED).fetchall())
        ids = {"incident_id": list(found), "witness_id": list(found.values())}
        con.register("joined", pa.table(ids, schema=pa.schema([(name, pa.int64()) for name in ids])))
        table = con.execute(_WITNESSES).to_arrow_table().cast(SCHEMAS["witnesses"])
        ignored = [
            {"field": field, **row}
            for field, query in ((INCIDENT, _IGNORED), (REFERRAL, _CROWDED))
            for row in _rows(con, query)
        ]
        return Witnesses(table, ignored, list(_rows(con, _SHARED)))


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    return iter(con.execute(query).to_arrow_table().to_pylist())
