-- One row per change that contracts declare and comparisons respect: the first month in which a source watches a place
-- that it did not watch before, or no longer watches one (`coverage`), and campaigns of all its work (`campaign`).
with declared as (
    select distinct
        extracts.source,
        extracts.record_grain,
        case
            when places.kind in ('country', 'county', 'border_point') then places.place_id
            else coalesce(places.county_place_id, places.country_place_id)
        end as place_id,
        coverage.valid_from,
        coverage.valid_to
    from {{ ref('stg_coverage') }} as coverage
    inner join {{ ref('stg_extracts') }} as extracts
        on coverage.extract_id = extracts.extract_id and coverage.partner = extracts.partner
    inner join {{ ref('int_places') }} as places on coverage.place_id = places.place_id
    where extracts.fate = 'in_force'
),

watched as (
    select distinct
        declared.source,
        declared.record_grain,
        declared.place_id,
        months.month_start
    from declared
    inner join {{ ref('int_calendar_months') }} as months
        on
            coalesce(declared.valid_from, months.month_end) <= months.month_end
            and coalesce(declared.valid_to, months.month_start) >= months.month_start
),

-- Months in which the source watches anything, beside the month before.
at_work as (
    select
        months.source,
        months.record_grain,
        months.month_start,
        {{ months_after('months.month_start', -1) }} as month_before
    from (
        select distinct
            source,
            record_grain,
            month_start
        from watched
    ) as months
),

changes as (
    select
        at_work.source,
        at_work.record_grain,
        places.place_id,
        at_work.month_start
    from at_work
    inner join at_work as before
        on
            at_work.source = before.source
            and at_work.record_grain = before.record_grain
            and at_work.month_before = before.month_start
    inner join (
        select distinct
            source,
            record_grain,
            place_id
        from watched
    ) as places
        on at_work.source = places.source and at_work.record_grain = places.record_grain
    left join watched as watched_now
        on
            places.source = watched_now.source
            and places.record_grain = watched_now.record_grain
            and places.place_id = watched_now.place_id
            and at_work.month_start = watched_now.month_start
    left join watched as watched_before
        on
            places.source = watched_before.source
            and places.record_grain = watched_before.record_grain
            and places.place_id = watched_before.place_id
            and at_work.month_before = watched_before.month_start
    where (watched_now.place_id is null) <> (watched_before.place_id is null)
)

select
    source,
    record_grain,
    'coverage' as kind,
    place_id,
    month_start as month_from,
    month_start as month_to
from changes

union all

select distinct
    source,
    record_grain,
    'campaign' as kind,
    cast(null as {{ text_type() }}) as place_id,
    {{ month_of('valid_from') }} as month_from,
    {{ month_of('valid_to') }} as month_to
from {{ ref('int_campaigns') }}
where place_id is null
