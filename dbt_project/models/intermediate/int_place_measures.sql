-- One row per measured place, role, period, grain and population: where there is too little for a number the label
-- stands alone, because a number that looks stable would be believed.
with measured as (
    select
        *,
        label not in ('insufficient', 'single_source', 'not_comparable') as has_numbers
    from {{ ref('stg_hotspots') }}
)

select
    place_id,
    place_role,
    period_id,
    record_grain,
    population,
    compared_record_count,
    case when has_numbers then expected_record_count end as expected_record_count,
    case when has_numbers then activity_ratio end as activity_ratio,
    case when has_numbers then ratio_low end as ratio_low,
    case when has_numbers then ratio_high end as ratio_high,
    case when has_numbers then probability_high end as probability_high,
    case when has_numbers then largest_partner_share end as largest_partner_share,
    case when has_numbers then ratio_without_largest end as ratio_without_largest,
    case when has_numbers then dispersion end as dispersion,
    label,
    trend_category
from measured
