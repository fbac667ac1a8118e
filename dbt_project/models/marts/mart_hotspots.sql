-- One row per place, role, period, grain and population that was measured: how what is reported there compares with
-- what the same partners report elsewhere. What could not be measured is counted in mart_not_measured.
with measured as (select * from {{ ref('int_place_measures') }} where reason is null),

places as (select * from {{ ref('mart_places') }})

select
    places.place_id,
    places.place_level,
    places.role,
    places.period_id,
    places.record_grain,
    places.population,
    places.record_count,
    places.compared_record_count,
    places.partner_count,
    measured.expected_record_count,
    measured.activity_ratio,
    measured.ratio_low,
    measured.ratio_high,
    measured.probability_high,
    measured.largest_partner_share,
    measured.ratio_without_largest,
    measured.dispersion,
    measured.label,
    measured.trend_category
from measured
inner join places
    on
        measured.place_id = places.place_id
        and measured.place_role = places.role
        and measured.period_id = places.period_id
        and measured.record_grain = places.record_grain
        and measured.population = places.population
