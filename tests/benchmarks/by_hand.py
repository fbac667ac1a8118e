"""The way from flat files to counts, as one person would write it by hand: one list of statements for three engines.

It reads the cells of `flat_files`, types days, ages, counts and codes, finds places by a table of spellings, keeps the
newest copy of each reference, counts problems, and makes movements, legs, codes and counts of corridors, places and
codes by quarter, year and twelve months, with the meaning that Njia's marts give them. What Njia does beside that
(gates, links between partners, expected persons, protection, provenance of every row) is not in it.
"""

from __future__ import annotations

from typing import NamedTuple

COLUMNS = (
    "ref", "event", "submitted", "sex", "age", "nationality", "orig_place", "orig_county", "orig_country", "via",
    "dest_place", "dest_county", "dest_country", "exploitation", "transport", "recruiter", "entry", "persons", "status",
    "consent",
)  # fmt: skip
AS_OF = "2026-11-28"


class Dialect(NamedTuple):
    """What the engines spell differently. `each` joins the numbered parts of a text: columns `part`, `nr`."""

    name: str
    row_id: str
    days: tuple[str, str]  # a day of text {0}: year first, day first; null where there is none
    whole: str  # a whole number of text {0}, or null
    each: str  # parts of {0} by the sign {1}, joined to the relation before it
    create: str = "create table {0} as {1}"


DUCKDB = Dialect(
    "duckdb",
    "row_number() over ()",
    ("try_cast({0} as date)", "cast(try_strptime({0}, '%d/%m/%Y') as date)"),
    "try_cast({0} as integer)",
    "cross join lateral (select unnest(string_split({0}, '{1}')) as part, generate_subscripts(string_split({0}, '{1}'), 1) as nr)"
    " as parts",
)


def _pg_day(pattern: str, year: int, month: int, day: int) -> str:
    parts = {"year": (year, 4), "month": (month, 2), "day": (day, 2)}
    said = {
        name: f"cast(substr({{0}}, {start}, {length}) as integer)" for name, (start, length) in parts.items()
    }
    # Nested, because SQL does not promise to test the pattern first.
    valid = (
        f"case when {said['month']} between 1 and 12 then case when {said['day']} between 1 and extract(day from "
        f"make_date({said['year']}, {said['month']}, 1) + interval '1 month - 1 day') "
        f"then make_date({said['year']}, {said['month']}, {said['day']}) end end"
    )
    return f"case when {{0}} ~ '{pattern}' then {valid} end"


POSTGRES = Dialect(
    "postgres",
    "row_number() over ()",
    (
        _pg_day("^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$", 1, 6, 9),
        _pg_day("^[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]$", 7, 4, 1),
    ),
    "case when {0} ~ '^[0-9]+$' then cast({0} as integer) end",
    "cross join lateral unnest(string_to_array({0}, '{1}')) with ordinality as parts(part, nr)",
    "create unlogged table {0} as {1}",
)
SPARK = Dialect(
    "spark",
    "monotonically_increasing_id()",
    ("try_cast({0} as date)", "cast(try_to_timestamp({0}, 'dd/MM/yyyy') as date)"),
    "try_cast({0} as integer)",
    "lateral view posexplode(split({0}, '[{1}]')) parts as nr, part",
)

_CODES = {
    "sex": "sex", "age": "age_band", "nationality": "nationality", "transport": "transport_mode", "recruiter": "recruitment_method",
    "entry": "industry", "status": "trafficking_status",
}  # fmt: skip
_CODE_JOINS = " ".join(
    f"left join (select spelling, code from codes where field = '{field}') as {column}_codes "
    f"on {column}_codes.spelling = lower(trim(raw.{column}))"
    for column, field in _CODES.items()
)
# The place named, else its county, else its country; where something else is named and nothing beside it, none.
_PLACE_JOINS = " ".join(
    f"left join places as {end}_{part}s on {end}_{part}s.spelling = lower(trim(raw.{end}_{part}))"
    for end in ("orig", "dest")
    for part in ("place", "county", "country")
)


def _placed(end: str, column: str) -> str:
    parts = ", ".join(f"{end}_{part}s.{column}" for part in ("place", "county", "country"))
    return f"coalesce({parts}, 'unknown')"


def _code(column: str) -> str:
    """Null where nothing stands, `unknown` where it is no known spelling."""
    return f"case when trim(raw.{column}) <> '' then coalesce({column}_codes.code, 'unknown') end"


_PERIODS = """
    select cast(months.month as date) as month, periods.period_id
    from months
    join periods on months.month >= periods.first_month and months.month <= periods.last_month
"""


def _by_month(keys: str, source: str) -> str:
    """Counts of movements by key, month, grain and population; one of the keys may be `counted.partner`."""
    return f"""
        select {keys}, counted.month, counted.record_grain, counted.population,
            sum(counted.record_count) as record_count, sum(counted.prevented_count) as prevented_count,
            sum(counted.person_count) as person_count
        from {source}
        group by {keys}, counted.month, counted.record_grain, counted.population
    """


def _by_period(keys: str, months: str) -> str:
    return f"""
        select {keys}, period_months.period_id, record_grain, population, sum(record_count) as record_count,
            sum(prevented_count) as prevented_count, sum(person_count) as person_count
        from {months} as counts join period_months on counts.month = period_months.month
        group by {keys}, period_months.period_id, record_grain, population
    """


def _with_partners(keys: str, months: str) -> str:
    """As `_by_period`, and how many partners report something: added up by partner first."""
    return f"""
        select {keys}, period_id, record_grain, population, sum(record_count) as record_count,
            sum(prevented_count) as prevented_count, sum(person_count) as person_count,
            sum(case when record_count > 0 then 1 else 0 end) as partner_count
        from ({_by_period(f"{keys}, partner", months)}) as of_partners
        group by {keys}, period_id, record_grain, population
    """


def statements(engine: Dialect) -> list[tuple[str, str]]:
    """Tables in order. Before them stand `raw` (the cells, with partner and year of their file) and the lookup tables
    `codes`, `places`, `partners`, `months` (month) and `periods` (period_id, first_month, last_month)."""
    day = " ".join(f"when {layout} then {engine.days[layout].format('raw.event')}" for layout in (0, 1))
    typed = f"""
        select {engine.row_id} as movement_id, raw.partner, partners.grain as record_grain, partners.role, raw.year as file_year,
            raw.ref, raw.submitted, case partners.layout {day} end as event_on, {_code("sex")} as sex,
            age_codes.code as age_band, {_code("nationality")} as nationality, {_code("status")} as trafficking_status,
            {_code("transport")} as transport_mode, {_code("recruiter")} as recruitment_method, {_code("entry")} as industry,
            raw.exploitation, raw.via, {engine.whole.format("raw.persons")} as person_count, raw.age, raw.persons, raw.event,
            lower(trim(coalesce(nullif(trim(raw.orig_place), ''), raw.orig_county))) as orig_text,
            lower(trim(coalesce(nullif(trim(raw.dest_place), ''), raw.dest_county))) as dest_text,
            {_placed("orig", "place_id")} as start_place_id, {_placed("orig", "counting_place_id")} as origin_counting_id,
            {_placed("orig", "country_place_id")} as origin_country_id, {_placed("dest", "place_id")} as end_place_id,
            {_placed("dest", "counting_place_id")} as destination_counting_id,
            {_placed("dest", "country_place_id")} as destination_country_id
        from raw join partners on raw.partner = partners.partner {_CODE_JOINS} {_PLACE_JOINS}
        where partners.grain = 'route_report' or raw.consent in ('yes', '1')
    """
    copies = """
        select movement_id from (
            select movement_id,
                row_number() over (partition by partner, ref order by file_year desc, submitted desc, movement_id) as nr
            from typed
        ) as numbered where nr > 1
    """
    fit = f"event_on is not null and event_on <= date '{AS_OF}'"
    known = (
        """(start_place_id <> 'unknown' or end_place_id <> 'unknown' or trim(via) not in ('', 'Direct'))"""
    )
    problems = f"""
        select partner,
            sum(case when event_on is null then 1 else 0 end) as day_unread,
            sum(case when event_on > date '{AS_OF}' then 1 else 0 end) as day_ahead,
            sum(case when age_band is null and trim(age) <> '' then 1 else 0 end) as age_unread,
            sum(case when person_count is null and trim(persons) <> '' then 1 else 0 end) as count_unread,
            sum(case when nationality = 'unknown' then 1 else 0 end) as nationality_unread,
            sum(case when recruitment_method = 'unknown' then 1 else 0 end) as recruiter_unread,
            sum(case when not {known} then 1 else 0 end) as without_place
        from typed group by partner
    """
    movements = f"""
        select typed.movement_id, partner, record_grain, role, event_on, cast(date_trunc('month', event_on) as date) as month, sex,
            age_band, age_band in ('a00_08', 'a09_17', 'child') as is_child, nationality, trafficking_status, transport_mode,
            recruitment_method, industry, exploitation, via, orig_text, dest_text, person_count, start_place_id,
            origin_counting_id, origin_country_id, end_place_id, destination_counting_id, destination_country_id,
            case when origin_country_id = 'unknown' or destination_country_id = 'unknown' then 'unknown'
                when origin_country_id = 'KEN' and destination_country_id = 'KEN' then 'within'
                when origin_country_id = 'KEN' then 'out_of' when destination_country_id = 'KEN' then 'into'
                else 'through' end as direction,
            record_grain <> 'interception'
                and coalesce(trafficking_status, 'unknown') in ('confirmed', 'presumed', 'unknown') as is_counted,
            (record_grain = 'interception' and coalesce(trafficking_status, 'unknown') in ('confirmed', 'presumed', 'unknown'))
                or coalesce(trafficking_status = 'prevented', false) as is_prevented
        from typed left join copies on typed.movement_id = copies.movement_id
        where copies.movement_id is null and {fit} and {known}
    """
    told = f"""
        select movement_id, nr, text, orig_text, dest_text, lag(text) over (partition by movement_id order by nr) as before
        from (
            select movement_id, orig_text, dest_text, nr, lower(trim(part)) as text
            from fct_movements {engine.each.format("via", ">")}
            where trim(via) not in ('', 'Direct')
        ) as named
    """
    stops = f"""
        select kept.movement_id, row_number() over (partition by kept.movement_id order by kept.nr) as stop_number,
            places.place_id, places.counting_place_id, places.country_place_id
        from (
            select movement_id, nr, text, orig_text, dest_text,
                row_number() over (partition by movement_id order by nr) as from_first,
                row_number() over (partition by movement_id order by nr desc) as from_last
            from ({told}) as told where before is null or before <> text
        ) as kept join places on places.spelling = kept.text
        where not (from_first = 1 and text = coalesce(orig_text, '')) and not (from_last = 1 and text = coalesce(dest_text, ''))
    """
    # Journeys without a stop are one leg; only the others need an order.
    path = """
        select movements.movement_id, 0 as nr, movements.start_place_id as place_id, 'origin' as place_role
        from fct_movements as movements join passed on movements.movement_id = passed.movement_id
        union all
        select movement_id, stop_number as nr, place_id, 'transit' as place_role from stops
        union all
        select movements.movement_id, 100000 as nr, movements.end_place_id as place_id, movements.role as place_role
        from fct_movements as movements join passed on movements.movement_id = passed.movement_id
    """
    visits = f"""
        select movement_id, place_id, nr, max(place_role) over (partition by movement_id) as end_role,
            row_number() over (partition by movement_id order by nr) as visit,
            row_number() over (partition by movement_id order by nr desc) as from_last
        from (
            select path.*, lag(place_id) over (partition by movement_id order by nr) as before from ({path}) as path
        ) as arrivals where before is null or before <> place_id
    """
    legs = f"""
        select movements.movement_id, 1 as leg_number, movements.record_grain, start_place_id as from_place_id,
            'origin' as from_role, end_place_id as to_place_id, role as to_role,
            transport_mode
        from fct_movements as movements left join passed on movements.movement_id = passed.movement_id
        where passed.movement_id is null and start_place_id <> end_place_id
        union all
        select steps.movement_id, visit - 1 as leg_number, movements.record_grain, from_place_id,
            case when visit = 2 then 'origin' else 'transit' end as from_role, to_place_id,
            case when from_last = 1 then movements.role else 'transit' end as to_role, cast(null as varchar(40)) as transport_mode
        from (
            select movement_id, visit, from_last, place_id as to_place_id,
                lag(place_id) over (partition by movement_id order by visit) as from_place_id
            from ({visits}) as visits
        ) as steps join fct_movements as movements on steps.movement_id = movements.movement_id
        where visit > 1
    """
    codes = f"""
        select distinct movement_id, 'exploitation_type' as domain, coalesce(code, 'unknown') as code
        from (
            select told.movement_id, codes.code, max(codes.code) over (partition by told.movement_id) as any_code
            from (
                select movement_id, lower(trim(part)) as text from fct_movements {engine.each.format("exploitation", "|")}
                where trim(exploitation) <> ''
            ) as told left join codes on codes.field = 'exploitation_type' and codes.spelling = told.text
        ) as read where code is not null or any_code is null
        union all
        select movement_id, 'transport_mode' as domain, transport_mode from fct_movements where transport_mode is not null
    """
    shown = " union all ".join(
        f"""select movement_id, month, record_grain, '{population}' as population, partner, origin_counting_id, origin_country_id,
            destination_counting_id, destination_country_id, direction, role, sex, age_band,
            case when is_counted then 1 else 0 end as record_count, case when is_prevented then 1 else 0 end as prevented_count,
            case when is_counted then coalesce(person_count, 0) else 0 end as person_count
        from fct_movements where (is_counted or is_prevented) {condition}"""
        for population, condition in (("all", ""), ("children", "and is_child"))
    )
    vias = """
        select distinct stops.movement_id,
            case when stops.place_id like 'bp-%' then stops.place_id else stops.counting_place_id end as via_place_id
        from stops join fct_movements as movements on stops.movement_id = movements.movement_id
        where stops.place_id like 'bp-%' or stops.counting_place_id not in (origin_counting_id, destination_counting_id)
    """
    ends = "counted.origin_counting_id, counted.destination_counting_id"
    corridor_months = f"""
        {_by_month(f"{ends}, via_place_id, counted.partner", "(select counted.*, cast(null as varchar(80)) as via_place_id from counted) as counted")}
        union all
        {_by_month(f"{ends}, via_place_id, counted.partner", f"counted join ({vias}) as vias on counted.movement_id = vias.movement_id")}
    """
    corridors = f"""
        select counts.*, case when via_place_id is null then 'od' else 'odv' end as level,
            rank() over (partition by via_place_id is null, period_id, record_grain, population order by record_count desc) as place_in_order
        from ({_with_partners("origin_counting_id, via_place_id, destination_counting_id", "corridor_months")}) as counts
    """
    touched = (
        " union ".join(
            f"select movement_id, {role} as place_role, '{level}' as place_level, {place} as place_id from {source} where {place} <> 'unknown'"
            for role, level, place, source in (
                ("'origin'", "country", "origin_country_id", "fct_movements"),
                ("'origin'", "county", "origin_counting_id", "fct_movements"),
                ("role", "country", "destination_country_id", "fct_movements"),
                ("role", "county", "destination_counting_id", "fct_movements"),
                ("'transit'", "country", "country_place_id", "stops"),
                ("'transit'", "county", "counting_place_id", "stops"),
            )
        )
        + " union select movement_id, 'transit', 'border_point', place_id from stops where place_id like 'bp-%'"
    )
    places = f"""
        {_with_partners("place_level, place_role, place_id", "place_months")}
    """
    place_months = _by_month(
        "touched.place_level, touched.place_role, touched.place_id, counted.partner",
        f"counted join (select * from ({touched}) as every_place where place_level <> 'county' or place_id like 'KE0%') as touched"
        " on counted.movement_id = touched.movement_id",
    )
    described = """
        select movement_id, domain, code from bridge_movement_codes where code not in ('unknown', 'not_applicable')
        union all select movement_id, 'sex', sex from fct_movements where sex is not null and sex <> 'unknown'
        union all select movement_id, 'age_band', age_band from fct_movements where age_band is not null
    """
    corridor_code_months = _by_month(
        f"{ends}, described.domain, described.code",
        f"counted join ({described}) as described on counted.movement_id = described.movement_id",
    )
    place_code_months = " union all ".join(
        _by_month(
            f"{place}, described.domain, described.code",
            f"counted join ({described}) as described on counted.movement_id = described.movement_id",
        ).replace("select ", f"select '{role}' as place_role, ", 1)
        for role, place in (
            ("origin", "counted.origin_counting_id"),
            ("destination", "counted.destination_counting_id"),
        )
    )
    return [
        ("typed", typed),
        ("problems", problems),
        ("copies", copies),
        ("fct_movements", movements),
        ("stops", stops),
        ("passed", "select distinct movement_id from stops"),
        ("fct_movement_legs", legs),
        ("bridge_movement_codes", codes),
        ("period_months", _PERIODS),
        ("counted", shown),
        ("corridor_months", corridor_months),
        ("mart_corridors", corridors),
        ("place_months", place_months),
        ("mart_places", places),
        ("corridor_code_months", corridor_code_months),
        (
            "codes_by_corridor",
            _by_period("origin_counting_id, destination_counting_id, domain, code", "corridor_code_months"),
        ),
        ("place_code_months", place_code_months),
        ("codes_by_place", _by_period("place_role, origin_counting_id, domain, code", "place_code_months")),
    ]


CHECKS = """
    select 'movements' as name, count(*) as value from fct_movements
    union all select 'persons', sum(person_count) from fct_movements
    union all select 'known origins', count(*) from fct_movements where start_place_id <> 'unknown'
    union all select 'known destinations', count(*) from fct_movements where end_place_id <> 'unknown'
    union all select 'children', count(*) from fct_movements where is_child
    union all select 'counted', count(*) from fct_movements where is_counted
    union all select 'legs', count(*) from fct_movement_legs
    union all select 'codes', count(*) from bridge_movement_codes
    union all select 'corridor rows', count(*) from mart_corridors
    union all select 'corridor records od', sum(record_count) from mart_corridors where level = 'od'
    union all select 'corridor records odv', sum(record_count) from mart_corridors where level = 'odv'
    union all select 'place records', sum(record_count) from mart_places
"""
