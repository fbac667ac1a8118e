-- One row per edition, period and grain: how many partners reported and from how many counties. The public edition has
-- cases of closed years, shares to the nearest five percent.
with partners as (
    select
        periods.period_id,
        months.record_grain,
        cast(count(distinct months.source) as integer) as partner_count
    from {{ ref('int_source_months') }} as months
    inner join {{ ref('int_periods') }} as periods
        on
            months.month_start >= {{ month_of('periods.period_from') }}
            and months.month_start <= periods.period_to
    group by periods.period_id, months.record_grain
),

counties as (
    select
        coverage.period_id,
        coverage.record_grain,
        cast(count(*) as integer) as county_count,
        cast(sum(case when coverage.partner_count = 1 then 1 else 0 end) as double) / count(*) as one_partner_share
    from {{ ref('mart_coverage') }} as coverage
    inner join {{ ref('int_places') }} as places on coverage.place_id = places.place_id
    where places.kind = 'county'
    group by coverage.period_id, coverage.record_grain
),

new_periods as (select * from {{ ref('int_new_public_periods') }}),

network as (
    select
        partners.period_id,
        partners.record_grain,
        partners.partner_count,
        coalesce(counties.county_count, 0) as county_count,
        counties.one_partner_share
    from partners
    left join counties on partners.period_id = counties.period_id and partners.record_grain = counties.record_grain
),

made as (
    select
        'members' as edition,
        period_id,
        record_grain,
        partner_count,
        county_count,
        round(one_partner_share, 4) as one_partner_share
    from network

    union all

    select
        'public' as edition,
        network.period_id,
        network.record_grain,
        network.partner_count,
        network.county_count,
        round(network.one_partner_share * 20) / 20 as one_partner_share
    from network
    inner join new_periods on network.period_id = new_periods.period_id
    where network.record_grain = 'case'
)

select * from made

union all

select * from {{ source('carried', 'coverage') }}
