-- One row per edition and period: how many partners reported cases and how many counties they watch. The public
-- edition has cases of closed years, and shares to the nearest five percent. None of this depends on a single case.
with periods as (select * from {{ ref('int_periods') }} where period_kind = 'year'),

sources as (
    select distinct
        periods.period_id,
        months.source
    from {{ ref('int_source_months') }} as months
    inner join periods
        on
            months.month_start >= {{ month_of('periods.period_from') }}
            and months.month_start <= periods.period_to
    where months.record_grain = 'case'
),

-- Sources of each period and of the same period a year before.
both_periods as (
    select
        period_id,
        source,
        1 as is_now,
        0 as is_before
    from sources

    union all

    select
        periods.period_id,
        sources.source,
        0 as is_now,
        1 as is_before
    from periods
    inner join periods as earlier
        on
            periods.period_kind = earlier.period_kind
            and earlier.period_from = {{ months_after('periods.period_from', -12) }}
    inner join sources on earlier.period_id = sources.period_id
),

compared as (
    select
        period_id,
        source,
        max(is_now) as is_now,
        max(is_before) as is_before
    from both_periods
    group by period_id, source
),

partners as (
    select
        period_id,
        cast(sum(is_now) as integer) as partner_count,
        case when max(is_before) = 1 then cast(sum(1 - is_before) as integer) end as partners_started,
        case when max(is_before) = 1 then cast(sum(1 - is_now) as integer) end as partners_stopped
    from compared
    group by period_id
    having max(is_now) = 1
),

counties as (
    select
        coverage.period_id,
        cast(count(*) as integer) as county_count,
        cast(sum(case when coverage.partner_count = 1 then 1 else 0 end) as double) / count(*) as one_partner_share
    from {{ ref('mart_coverage') }} as coverage
    inner join {{ ref('int_places') }} as places on coverage.place_id = places.place_id
    where places.kind = 'county' and coverage.record_grain = 'case'
    group by coverage.period_id
),

new_periods as (select * from {{ ref('int_new_public_periods') }}),

network as (
    select
        partners.period_id,
        partners.partner_count,
        partners.partners_started,
        partners.partners_stopped,
        coalesce(counties.county_count, 0) as county_count,
        counties.one_partner_share
    from partners
    left join counties on partners.period_id = counties.period_id
),

made as (
    select
        'members' as edition,
        period_id,
        partner_count,
        county_count,
        {{ rounded('one_partner_share', 4) }} as one_partner_share,
        partners_started,
        partners_stopped
    from network

    union all

    select
        'public' as edition,
        network.period_id,
        network.partner_count,
        network.county_count,
        round(network.one_partner_share * 20) / 20 as one_partner_share,
        network.partners_started,
        network.partners_stopped
    from network
    inner join new_periods on network.period_id = new_periods.period_id
)

select * from made

union all

select * from {{ source('carried', 'coverage') }}
