-- One row per cell and period with at least one movement: what members are shown, and what the public edition's
-- protected counts are made from.
with members as (select * from {{ ref('int_cell_members') }}),

counts as (
    select
        table_name,
        column_name,
        cell_id,
        period_id,
        period_kind,
        sum(movement_count) as movement_count,
        sum(like_count) as like_count,
        sum(like_later_count) as like_later_count,
        sum(key_sum) as key_sum
    from {{ ref('int_source_cells') }}
    group by table_name, column_name, cell_id, period_id, period_kind
),

descriptions as (
    select
        table_name,
        cell_id,
        max(start_place_id) as start_place_id,
        max(via_place_id) as via_place_id,
        max(end_place_id) as end_place_id,
        max(place_id) as place_id,
        max(direction) as direction,
        max(trait) as trait,
        max(code) as code
    from members
    group by table_name, cell_id
)

select
    counts.table_name,
    counts.column_name,
    counts.cell_id,
    counts.period_id,
    counts.period_kind,
    descriptions.start_place_id,
    descriptions.via_place_id,
    descriptions.end_place_id,
    descriptions.place_id,
    descriptions.direction,
    descriptions.trait,
    descriptions.code,
    cast(counts.movement_count as integer) as movement_count,
    cast(counts.like_count as integer) as like_count,
    cast(counts.like_later_count as integer) as like_later_count,
    cast(counts.key_sum as bigint) as key_sum
from counts
inner join descriptions on counts.table_name = descriptions.table_name and counts.cell_id = descriptions.cell_id
