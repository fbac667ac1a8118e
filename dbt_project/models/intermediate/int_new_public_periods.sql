-- One row per period that the public edition shows from this release on, or anew: a closed year or round with enough in
-- it to show its total. A period with less waits, so that late reports of it are not lost.
with closed as (select * from {{ ref('int_closed_periods') }} where not is_carried),

years as (
    select
        period_id,
        protected_count as total_count
    from {{ ref('int_protected_cells') }}
    where table_name = 'codes|all' and cell_id = 'total|total' and is_shown
),

rounds as (
    select
        cells.period_id,
        cells.movement_count as total_count
    from {{ ref('int_cells') }} as cells
    inner join {{ ref('int_periods') }} as periods on cells.period_id = periods.period_id
    where
        periods.period_kind = 'round'
        and cells.record_grain = 'route_report'
        and cells.population = 'all'
        and cells.domain = 'total'
        and cells.table_name = 'codes'
        and cells.movement_count >= {{ publication_policy('public_round_least_reports') }}
),

totals as (
    select * from years

    union all

    select * from rounds
)

select
    totals.period_id,
    totals.total_count
from totals
inner join closed on totals.period_id = closed.period_id
