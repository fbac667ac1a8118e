-- One row per cell of a published table, period, grain and population: what members are shown, and what the public
-- edition's protected counts are made from. A code of a place or corridor is a cell too, of a table of its own.
with window_cells as (select * from {{ ref('int_window_cells') }}),

tally_slices as (select * from {{ ref('int_tally_slices') }}),

slices as (select * from {{ ref('int_slices') }}),

numbers as (select * from {{ ref('int_cell_numbers') }}),

-- Codes of a place or corridor are mostly single movements: they are counted by longer periods than quarters, and
-- listed from the least count on that members are shown as a number. What never reaches it is left out at once.
rare as (
    select
        cell_number,
        code_number
    from window_cells
    where code_number > 0
    group by cell_number, code_number
    having sum(movement_count) < {{ publication_policy('members_least_count') }}
),

summed as (
    select
        window_cells.cell_number,
        window_cells.code_number,
        tally_slices.slice_number,
        max(window_cells.direction_number) as direction_number,
        sum(window_cells.movement_count) as movement_count,
        sum(window_cells.key_sum) as key_sum,
        count(distinct tally_slices.source_number) as partner_count
    from window_cells
    inner join tally_slices on window_cells.tally_number = tally_slices.tally_number
    left join rare on window_cells.cell_number = rare.cell_number and window_cells.code_number = rare.code_number
    where window_cells.code_number = 0 or (tally_slices.period_kind <> 'quarter' and rare.cell_number is null)
    group by window_cells.cell_number, window_cells.code_number, tally_slices.slice_number
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
    slices.period_id,
    slices.record_grain,
    slices.population,
    cells.level,
    cells.origin_place_id,
    cells.via_place_id,
    cells.destination_place_id,
    {{ direction_of_number('summed.direction_number') }} as direction,
    cells.role,
    cells.place_id,
    coalesce(cells.domain, codes.domain) as domain,
    coalesce(cells.code, codes.code) as code,
    cast(summed.movement_count as integer) as movement_count,
    cast(summed.key_sum as bigint) as key_sum,
    cast(summed.partner_count as integer) as partner_count
from summed
inner join slices on summed.slice_number = slices.slice_number
inner join numbers as cells on summed.cell_number = cells.cell_number
left join numbers as codes on summed.code_number = codes.cell_number
