-- One row per partner, grain, place, role and month in which the partner watched that place and reported: the month
-- lies inside its coverage and inside the period of an extract in force. Empty extracts count, silence does not.
with extracts as (
    select extracts.*
    from {{ ref('stg_extracts') }} as extracts
    inner join {{ ref('stg_extracts_in_force') }} as in_force
        on extracts.extract_id = in_force.extract_id and extracts.partner = in_force.partner
    where in_force.fate = 'in_force'
),

-- Where an extract declares no period, what it holds shows what it covers.
observed as (
    select
        records.extract_id,
        records.partner,
        min(records.period_from) as period_from,
        max(records.period_to) as period_to
    from {{ ref('stg_records') }} as records
    inner join extracts on records.extract_id = extracts.extract_id and records.partner = extracts.partner
    where records.date_precision in ('day', 'month', 'quarter') and records.period_to <= extracts.received_on
    group by records.extract_id, records.partner
),

reported as (
    select
        extracts.extract_id,
        extracts.partner,
        extracts.partner_code,
        extracts.record_grain,
        coalesce(extracts.period_from, observed.period_from) as period_from,
        coalesce(extracts.period_to, observed.period_to) as period_to
    from extracts
    left join observed on extracts.extract_id = observed.extract_id and extracts.partner = observed.partner
),

-- Each distinct declaration once: extracts of a partner repeat it.
watched as (
    select distinct
        reported.partner,
        reported.partner_code,
        reported.record_grain,
        coverage.place_id,
        coverage.place_role,
        months.month_start
    from reported
    inner join {{ ref('stg_coverage') }} as coverage
        on reported.extract_id = coverage.extract_id and reported.partner = coverage.partner
    inner join {{ ref('int_calendar_months') }} as months
        on
            reported.period_from <= months.month_end
            and reported.period_to >= months.month_start
            and coalesce(coverage.valid_from, months.month_end) <= months.month_end
            and coalesce(coverage.valid_to, months.month_start) >= months.month_start
),

counting_places as (select * from {{ ref('int_places') }} where kind in ('country', 'county', 'border_point')),

-- Who watches a country watches its counties and border points; who watches a town watches some of its county.
spread as (
    select
        watched.place_id as watched_place_id,
        counting_places.place_id
    from (select distinct place_id from watched) as watched
    inner join {{ ref('int_places') }} as places on watched.place_id = places.place_id
    inner join counting_places
        on
            places.kind = 'world'
            or counting_places.place_id in (places.place_id, places.county_place_id, places.country_place_id)
            or places.place_id in (counting_places.county_place_id, counting_places.country_place_id)
)

select distinct
    watched.partner,
    watched.partner_code,
    watched.record_grain,
    spread.place_id,
    watched.place_role,
    watched.month_start
from watched
inner join spread on watched.place_id = spread.watched_place_id
