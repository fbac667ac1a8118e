-- One row per period that a public table names.
with named as (
    select period_id from {{ ref('public_corridors') }}
    union
    select period_id from {{ ref('public_ends') }}
    union
    select period_id from {{ ref('public_hotspots') }}
    union
    select baseline_window as period_id from {{ ref('public_corridor_shifts') }}
    union
    select current_window as period_id from {{ ref('public_corridor_shifts') }}
    union
    select period_id from {{ ref('public_regional_risk') }}
)

select
    periods.period_id,
    periods.period_kind,
    periods.label,
    periods.period_from,
    periods.period_to
from {{ ref('dim_period') }} as periods
inner join named on periods.period_id = named.period_id
