-- One row per county, period and grain with a band, where each role that the composite is made of may be spoken of.
with ratings as (select * from {{ ref('mart_regional_risk') }} where band <> 'not_rated'),

lines as (select * from {{ ref('stg_public_lines') }} where counting_table = 'hotspots'),

seen as (
    select
        counting_id as place_id,
        period_id,
        record_grain,
        max(case when counting_role = 'origin' then 1 else 0 end) as has_origin,
        max(case when counting_role = 'transit' then 1 else 0 end) as has_transit,
        max(case when counting_role = 'exploitation' then 1 else 0 end) as has_exploitation
    from lines
    group by counting_id, period_id, record_grain
)

select
    ratings.place_id,
    ratings.period_id,
    ratings.record_grain,
    ratings.band
from ratings
inner join seen
    on
        ratings.place_id = seen.place_id
        and ratings.period_id = seen.period_id
        and ratings.record_grain = seen.record_grain
where
    (ratings.origin_ratio is null or seen.has_origin = 1)
    and (ratings.transit_ratio is null or seen.has_transit = 1)
    and (ratings.exploitation_ratio is null or seen.has_exploitation = 1)
