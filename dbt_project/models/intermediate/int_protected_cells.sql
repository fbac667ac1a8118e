-- One row per cell that the public edition counts, with its protected count: case movements of closed calendar years.
-- Each further table costs protection (docs/disclosure.md), so what is not needed is not counted: of ways, border
-- points alone; of children, the total, origins and destinations.
with cells as (select * from {{ ref('int_cells') }}),

places as (select * from {{ ref('int_places') }}),

closed_years as ({{ closed_periods(['year']) }}),

counted as (
    select
        cells.table_name || '|' || cells.population as table_name,
        cells.period_id,
        cells.population,
        cells.cell_id,
        cells.movement_count as true_count,
        cells.key_sum
    from cells
    inner join closed_years on cells.period_id = closed_years.period_id
    left join places as vias on cells.via_place_id = vias.place_id
    where
        cells.record_grain = 'case'
        and (cells.via_place_id is null or vias.kind = 'border_point')
        and (cells.population = 'all' or cells.role in ('origin', 'destination') or cells.domain = 'total')
),

noisy as (
    {{ with_noise('counted') }}
)

select
    table_name,
    period_id,
    population,
    cell_id,
    true_count,
    key_sum,
    noise,
    protected_count,
    protected_count >= {{ publication_policy('public_least_count') }} as is_shown
from noisy
