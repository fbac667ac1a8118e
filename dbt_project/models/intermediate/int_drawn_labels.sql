-- One row per number that a public label or list of a new period is drawn from, with its noise: margins of labels
-- (statistics/label_margins), records of others than the partner that reports most, route reports that name something,
-- and shares of cases that state a field. What is shown follows from `protected_count` alone: drawn once, then carried.
{% set other_records = 'cast(sum(record_count) - max(record_count) as integer)' %}
with new_periods as (select * from {{ ref('int_closed_periods') }} where not is_carried),

epochs as (select * from {{ source('carried', 'epochs') }}),

cells as (select * from {{ ref('int_cells') }}),

margins as (
    select margins.*
    from {{ source('statistics', 'label_margins') }} as margins
    inner join new_periods on margins.period_id = new_periods.period_id
    where new_periods.period_kind = 'year'
),

hotspots as (
    select
        margins.place_role || '|' || margins.population as noise_name,
        margins.period_id,
        margins.item_id as cell_id,
        cells.key_sum,
        margins.margin,
        margins.place_role,
        margins.population
    from cells
    inner join ({{ roles_counted() }}) as roles on cells.table_name = roles.table_name
    inner join margins
        on
            roles.place_role = margins.place_role
            and {{ people_counted('cells.column_name') }} = margins.population
            and cells.place_id = margins.item_id
            and cells.period_id = margins.period_id
    where margins.label = 'hotspot' and cells.key_sum is not null
),

sources_of_places as (
    select
        stops.place_id,
        stops.place_role,
        movements.population,
        periods.period_id,
        movements.source,
        sum(movements.record_count) as record_count
    from {{ ref('int_stop_places') }} as stops
    inner join {{ ref('int_movement_populations') }} as movements on stops.movement_id = movements.movement_id
    inner join {{ ref('int_window_periods') }} as periods on movements.window_id = periods.window_id
    inner join new_periods on periods.period_id = new_periods.period_id
    where movements.record_grain = 'case'
    group by stops.place_id, stops.place_role, movements.population, periods.period_id, movements.source
),

others_of_places as (
    select
        place_id,
        place_role,
        population,
        period_id,
        {{ other_records }} as others
    from sources_of_places
    group by place_id, place_role, population, period_id
),

corridors as (
    select
        cells.start_place_id || '>' || cells.end_place_id as corridor_id,
        cells.period_id,
        of_sources.source,
        of_sources.movement_count,
        of_sources.key_sum
    from {{ ref('int_source_cells') }} as of_sources
    inner join cells
        on
            of_sources.table_name = cells.table_name
            and of_sources.column_name = cells.column_name
            and of_sources.cell_id = cells.cell_id
            and of_sources.period_id = cells.period_id
    where of_sources.table_name = 'corridors' and of_sources.column_name = 'movement_count'
),

years_of_shifts as (
    select distinct
        item_id,
        period_id,
        period_id as counted_period_id
    from margins
    where label <> 'hotspot'

    union

    select distinct
        item_id,
        period_id,
        earlier_period_id as counted_period_id
    from margins
    where label <> 'hotspot'
),

sources_of_shifts as (
    select
        years.item_id,
        years.period_id,
        corridors.source,
        sum(corridors.movement_count) as record_count,
        sum(corridors.key_sum) as key_sum
    from years_of_shifts as years
    inner join corridors
        on years.item_id = corridors.corridor_id and years.counted_period_id = corridors.period_id
    group by years.item_id, years.period_id, corridors.source
),

-- The records of both years: an abandoned corridor has none in the later one.
keys_of_shifts as (
    select
        item_id,
        period_id,
        {{ other_records }} as others,
        sum(key_sum) as key_sum
    from sources_of_shifts
    group by item_id, period_id
),

stated as (
    select
        stated.field,
        periods.period_id,
        count(*) as record_count,
        sum(stated.is_known) as known_count
    from {{ ref('int_stated_fields') }} as stated
    inner join {{ ref('int_movements') }} as movements on stated.movement_id = movements.movement_id
    inner join {{ ref('int_window_periods') }} as periods on movements.window_id = periods.window_id
    where movements.record_grain = 'case'
    group by stated.field, periods.period_id
),

shares as (
    select
        stated.period_id,
        stated.field,
        cast({{ rounded('10000.0 * stated.known_count / nullif(stated.record_count, 0)', 0) }} as integer) as margin,
        cells.key_sum
    from stated
    inner join new_periods on stated.period_id = new_periods.period_id
    inner join cells on stated.period_id = cells.period_id and cells.table_name = 'total'
    where new_periods.period_kind = 'year'
),

named as (
    select distinct
        items.movement_id,
        items.item_kind || '|' || items.item_role as noise_name,
        'round-' || items.round as period_id,
        items.item
    from {{ ref('int_movement_items') }} as items
    where items.record_grain = 'route_report'
),

novelty as (
    select
        named.noise_name,
        named.period_id,
        named.item,
        count(*) as report_count,
        sum(movements.protection_key) as key_sum
    from named
    inner join {{ ref('int_movements') }} as movements on named.movement_id = movements.movement_id
    inner join new_periods on named.period_id = new_periods.period_id
    group by named.noise_name, named.period_id, named.item
),

numbers as (
    select
        'hotspots|' || noise_name as noise_name,
        period_id,
        cell_id,
        margin as true_count,
        key_sum,
        5 as drawn_row
    from hotspots

    union all

    select
        'hotspots|others|' || hotspots.noise_name as noise_name,
        hotspots.period_id,
        hotspots.cell_id,
        others.others as true_count,
        hotspots.key_sum,
        1 as drawn_row
    from hotspots
    inner join others_of_places as others
        on
            hotspots.cell_id = others.place_id
            and hotspots.place_role = others.place_role
            and hotspots.population = others.population
            and hotspots.period_id = others.period_id
    where others.others > 0

    union all

    select
        'shifts|' || margins.label as noise_name,
        margins.period_id,
        margins.item_id as cell_id,
        margins.margin as true_count,
        keys.key_sum,
        5 as drawn_row
    from margins
    inner join keys_of_shifts as keys on margins.item_id = keys.item_id and margins.period_id = keys.period_id
    where margins.label <> 'hotspot'

    union all

    select
        'shifts|others' as noise_name,
        period_id,
        item_id as cell_id,
        others as true_count,
        key_sum,
        1 as drawn_row
    from keys_of_shifts
    where others > 0

    union all

    select
        'completeness' as noise_name,
        period_id,
        field as cell_id,
        margin as true_count,
        key_sum,
        5 as drawn_row
    from shares

    union all

    select
        'novelty|' || noise_name as noise_name,
        period_id,
        item as cell_id,
        cast(report_count as integer) as true_count,
        key_sum,
        4 as drawn_row
    from novelty

    union all

    -- How many reports a round has is a count like those of cases.
    select
        cells.table_name as noise_name,
        cells.period_id,
        cells.cell_id,
        cells.movement_count as true_count,
        cells.key_sum,
        case when cells.trait <> 'round' then 4 end as drawn_row
    from cells
    inner join new_periods on cells.period_id = new_periods.period_id
    where cells.table_name = 'mentions' and cells.movement_count > 0
),

keyed as (
    select
        numbers.noise_name,
        numbers.period_id,
        numbers.cell_id,
        numbers.true_count,
        cast(numbers.key_sum as bigint) as key_sum,
        numbers.drawn_row,
        coalesce(epochs.epoch, 0) as epoch
    from numbers
    left join epochs on numbers.period_id = epochs.period_id
),

drawn as (
    {{ with_noise('keyed', has_row=true) }}
)

select
    noise_name,
    period_id,
    cell_id,
    epoch,
    noise_row,
    true_count,
    key_sum,
    noise,
    protected_count
from drawn
