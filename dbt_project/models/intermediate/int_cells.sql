-- One row per cell of a published table, period, grain and population: what members are shown, and what the public
-- edition's protected counts are made from.
with window_cells as (select * from {{ ref('int_window_cells') }}),

window_periods as (select * from {{ ref('int_window_periods') }})

select
    window_cells.table_name,
    window_cells.cell_id,
    window_periods.period_id,
    window_cells.record_grain,
    window_cells.population,
    window_cells.level,
    window_cells.origin_place_id,
    window_cells.via_place_id,
    window_cells.destination_place_id,
    max(window_cells.direction) as direction,
    window_cells.role,
    window_cells.place_id,
    window_cells.domain,
    window_cells.code,
    cast(sum(window_cells.movement_count) as integer) as movement_count,
    cast(sum(window_cells.key_sum) as bigint) as key_sum,
    cast(count(distinct window_cells.source) as integer) as partner_count
from window_cells
inner join window_periods
    on
        window_cells.window_from = window_periods.window_from
        and window_cells.window_to = window_periods.window_to
        and window_cells.round = window_periods.round
-- Codes of a place or corridor are mostly single movements: they are counted by longer periods than quarters, and
-- listed from the least count on that members are shown as a number.
where window_cells.table_name in ('corridors', 'places', 'codes') or window_periods.period_kind <> 'quarter'
group by
    window_cells.table_name, window_cells.cell_id, window_periods.period_id, window_cells.record_grain,
    window_cells.population, window_cells.level, window_cells.origin_place_id, window_cells.via_place_id,
    window_cells.destination_place_id, window_cells.role, window_cells.place_id, window_cells.domain, window_cells.code
having
    window_cells.table_name in ('corridors', 'places', 'codes')
    or sum(window_cells.movement_count) >= {{ publication_policy('members_least_count') }}
