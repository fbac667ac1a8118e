-- One row per cell, period and source with at least one movement: a movement counts for the source of its smallest
-- record. Cases count by year and quarter, mentions by survey round.
-- `like_count`: cases in months that their source reported a year earlier, too; `like_later_count`: a year later, too.
with members as (select * from {{ ref('int_cell_members') }}),

movements as (select * from {{ ref('int_movements') }}),

-- A case is compared if its source reported every month that its date allows in both years.
compared as (select * from {{ ref('int_matched_windows') }}),

of_windows as (
    select
        members.table_name,
        members.column_name,
        members.cell_id,
        movements.source,
        movements.window_id,
        count(*) as movement_count,
        sum(coalesce(compared.is_like, 0)) as like_count,
        sum(coalesce(compared.is_like_later, 0)) as like_later_count,
        sum(
            case when movements.end_country_place_id in ('KEN', 'unknown') then 0 else 1 end
        ) as abroad_count,
        sum(movements.protection_key) as key_sum
    from members
    inner join movements on members.movement_id = movements.movement_id
    left join compared on movements.source = compared.source and movements.window_id = compared.window_id
    group by members.table_name, members.column_name, members.cell_id, movements.source, movements.window_id
)

select
    of_windows.table_name,
    of_windows.column_name,
    of_windows.cell_id,
    of_windows.source,
    periods.period_id,
    periods.period_kind,
    cast(sum(of_windows.movement_count) as bigint) as movement_count,
    cast(sum(of_windows.like_count) as bigint) as like_count,
    cast(sum(of_windows.like_later_count) as bigint) as like_later_count,
    cast(sum(of_windows.abroad_count) as bigint) as abroad_count,
    cast(sum(of_windows.key_sum) as bigint) as key_sum
from of_windows
inner join {{ ref('int_window_periods') }} as periods on of_windows.window_id = periods.window_id
where
    (of_windows.table_name = 'mentions' and periods.period_kind = 'round')
    or (of_windows.table_name <> 'mentions' and periods.period_kind in ('year', 'quarter'))
group by
    of_windows.table_name,
    of_windows.column_name,
    of_windows.cell_id,
    of_windows.source,
    periods.period_id,
    periods.period_kind
