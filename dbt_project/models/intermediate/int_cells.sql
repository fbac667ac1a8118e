-- One row per cell and period with at least one movement: what members are shown, and what the public edition's
-- protected counts are made from. Cases count by year and quarter, mentions by survey round.
-- `like_count`: cases in months that their source reported a year earlier, too; `like_later_count`: a year later, too.
with members as (select * from {{ ref('int_cell_members') }}),

movements as (select * from {{ ref('int_movements') }}),

-- A case is compared if its source reported every month that its date allows in both years.
compared as (select * from {{ ref('int_matched_windows') }}),

of_windows as (
    select
        members.table_name,
        members.cell_id,
        movements.window_id,
        count(*) as movement_count,
        sum(coalesce(compared.is_like, 0)) as like_count,
        sum(coalesce(compared.is_like_later, 0)) as like_later_count,
        sum(movements.protection_key) as key_sum
    from members
    inner join movements on members.movement_id = movements.movement_id
    left join compared on movements.source = compared.source and movements.window_id = compared.window_id
    group by members.table_name, members.cell_id, movements.window_id
),

counts as (
    select
        of_windows.table_name,
        of_windows.cell_id,
        periods.period_id,
        periods.period_kind,
        sum(of_windows.movement_count) as movement_count,
        sum(of_windows.like_count) as like_count,
        sum(of_windows.like_later_count) as like_later_count,
        sum(of_windows.key_sum) as key_sum
    from of_windows
    inner join {{ ref('int_window_periods') }} as periods on of_windows.window_id = periods.window_id
    where
        (of_windows.table_name = 'mentions' and periods.period_kind = 'round')
        or (of_windows.table_name <> 'mentions' and periods.period_kind in ('year', 'quarter'))
    group by of_windows.table_name, of_windows.cell_id, periods.period_id, periods.period_kind
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
