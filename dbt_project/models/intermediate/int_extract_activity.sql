-- One row per extract, watched place, place, role and month that it reports of: the month lies inside the coverage
-- declared with it. Empty extracts count, silence does not.
with extracts as (select * from {{ ref('stg_extracts') }} where fate = 'in_force'),

-- A declared period reports each of its months. Where an extract declares none, only the months of its accepted
-- records are known to be reported: a span from the first to the last would turn one mistyped date into false zeros.
reported as (
    select
        extract_id,
        partner,
        source,
        record_grain,
        finest_place,
        period_from,
        period_to
    from extracts
    where period_from is not null

    union all

    select distinct
        extracts.extract_id,
        extracts.partner,
        extracts.source,
        extracts.record_grain,
        extracts.finest_place,
        {{ month_of('judged.period_from') }} as period_from,
        {{ month_of('judged.period_to') }} as period_to
    from extracts
    inner join {{ ref('judged_records') }} as judged
        on extracts.extract_id = judged.extract_id and extracts.partner = judged.partner
    where
        extracts.period_from is null
        -- A month known only from an embargoed record would reveal that record.
        and judged.fate = 'current'
        and {{ month_of('judged.period_from') }} = {{ month_of('judged.period_to') }}
),

watched as (
    select
        reported.extract_id,
        reported.partner,
        reported.source,
        reported.record_grain,
        reported.finest_place,
        coverage.place_id,
        coverage.place_role,
        months.month_start,
        min(coverage.office_place_id) as office_place_id
    from reported
    inner join {{ ref('stg_coverage') }} as coverage
        on reported.extract_id = coverage.extract_id and reported.partner = coverage.partner
    inner join {{ ref('int_calendar_months') }} as months
        on
            reported.period_from <= months.month_end
            and reported.period_to >= months.month_start
            and coalesce(coverage.valid_from, months.month_end) <= months.month_end
            and coalesce(coverage.valid_to, months.month_start) >= months.month_start
    group by
        reported.extract_id, reported.partner, reported.source, reported.record_grain, reported.finest_place,
        coverage.place_id, coverage.place_role, months.month_start
),

counting_places as (select * from {{ ref('int_places') }} where kind in ('country', 'county', 'border_point')),

watched_places as (
    select
        places.place_id,
        places.kind,
        places.county_place_id,
        places.country_place_id
    from (select distinct place_id from watched) as named
    inner join {{ ref('int_places') }} as places on named.place_id = places.place_id
),

-- A counting place, and each place that holds it.
holders as (
    select
        place_id,
        kind,
        place_id as holder_place_id
    from counting_places

    union

    select
        place_id,
        kind,
        county_place_id as holder_place_id
    from counting_places

    union

    select
        place_id,
        kind,
        country_place_id as holder_place_id
    from counting_places

    union

    select
        place_id,
        kind,
        'world' as holder_place_id
    from counting_places
),

-- Who watches a country watches its counties and border points; who watches a town watches some of its county.
spread as (
    select
        watched_places.place_id as watched_place_id,
        holders.place_id,
        holders.kind as place_kind
    from watched_places
    inner join holders on watched_places.place_id = holders.holder_place_id

    union

    select
        watched_places.place_id as watched_place_id,
        counting_places.place_id,
        counting_places.kind as place_kind
    from watched_places
    inner join counting_places on watched_places.county_place_id = counting_places.place_id

    union

    select
        watched_places.place_id as watched_place_id,
        counting_places.place_id,
        counting_places.kind as place_kind
    from watched_places
    inner join counting_places on watched_places.country_place_id = counting_places.place_id
)

select distinct
    watched.extract_id,
    watched.partner,
    watched.source,
    watched.record_grain,
    watched.place_id as watched_place_id,
    spread.place_id,
    watched.place_role,
    watched.month_start,
    watched.office_place_id
from watched
inner join spread on watched.place_id = spread.watched_place_id
-- Coverage is no finer than the places that the agreement allows.
where
    spread.place_kind = 'country'
    or (spread.place_kind = 'county' and watched.finest_place in ('county', 'border_point', 'town'))
    or (spread.place_kind = 'border_point' and watched.finest_place in ('border_point', 'town'))
