-- One row per cell of a published table, period, grain and population: what members are shown, and what the public
-- edition's protected counts are made from. A code of a place or corridor is a cell too, of a table of its own.
with window_cells as (select * from {{ ref('int_window_cells') }}),

window_periods as (select * from {{ ref('int_window_periods') }}),

numbers as (select * from {{ ref('int_cell_numbers') }}),

summed as (
    select
        window_cells.cell_number,
        window_cells.code_number,
        window_periods.period_id,
        window_cells.record_grain,
        window_cells.population,
        max(window_cells.direction) as direction,
        sum(window_cells.movement_count) as movement_count,
        sum(window_cells.key_sum) as key_sum,
        count(distinct window_cells.source) as partner_count
    from window_cells
    inner join window_periods
        on
            window_cells.window_from = window_periods.window_from
            and window_cells.window_to = window_periods.window_to
            and window_cells.round = window_periods.round
    -- Codes of a place or corridor are mostly single movements: they are counted by longer periods than quarters, and
    -- listed from the least count on that members are shown as a number.
    where window_cells.code_number = 0 or window_periods.period_kind <> 'quarter'
    group by
        window_cells.cell_number, window_cells.code_number, window_periods.period_id, window_cells.record_grain,
        window_cells.population
    having
        window_cells.code_number = 0
        or sum(window_cells.movement_count) >= {{ publication_policy('members_least_count') }}
)

select
    case
        when summed.code_number = 0 then cells.table_name
        when cells.table_name = 'places' then 'place_codes'
        else 'corridor_codes'
    end as table_name,
    case when summed.code_number = 0 then cells.cell_id else cells.cell_id || '|' || codes.cell_id end as cell_id,
    summed.period_id,
    summed.record_grain,
    summed.population,
    cells.level,
    cells.origin_place_id,
    cells.via_place_id,
    cells.destination_place_id,
    summed.direction,
    cells.role,
    cells.place_id,
    coalesce(cells.domain, codes.domain) as domain,
    coalesce(cells.code, codes.code) as code,
    cast(summed.movement_count as integer) as movement_count,
    cast(summed.key_sum as bigint) as key_sum,
    cast(summed.partner_count as integer) as partner_count
from summed
inner join numbers as cells on summed.cell_number = cells.cell_number
left join numbers as codes on summed.code_number = codes.cell_number
