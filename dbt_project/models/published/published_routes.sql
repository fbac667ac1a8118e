-- One row per edition, survey round and line of the route reports: corridors, places in a role, and the round as a
-- whole. A report says that a road is used, not by whom. The public edition lists, without a number, what at least
-- three reports of a closed round name; of the round as a whole it says how many reports there were.
with cells as (
    select
        cells.*,
        case cells.table_name when 'corridors' then 'corridor' when 'places' then 'place' else 'round' end as line
    from {{ ref('int_cells') }} as cells
    inner join {{ ref('int_periods') }} as periods on cells.period_id = periods.period_id
    where
        periods.period_kind = 'round'
        and cells.record_grain = 'route_report'
        and cells.population = 'all'
        and (cells.table_name in ('corridors', 'places') or cells.domain = 'total')
),

places as (select * from {{ ref('int_places') }}),

new_periods as (select * from {{ ref('int_new_public_periods') }}),

editions as (
    select
        'members' as edition,
        cells.*,
        cells.movement_count as report_count
    from cells

    union all

    select
        'public' as edition,
        cells.*,
        case when cells.line = 'round' then cells.movement_count end as report_count
    from cells
    inner join new_periods on cells.period_id = new_periods.period_id
    left join places as vias on cells.via_place_id = vias.place_id
    where
        cells.movement_count >= {{ publication_policy('public_round_least_reports') }}
        and (cells.via_place_id is null or vias.kind = 'border_point')
),

made as (
    select
        editions.edition,
        editions.period_id,
        editions.line,
        editions.cell_id as line_id,
        editions.level,
        editions.origin_place_id,
        origins.name as origin,
        editions.via_place_id,
        vias.name as via,
        editions.destination_place_id,
        destinations.name as destination,
        editions.role,
        editions.place_id,
        places.name as place,
        cast(editions.report_count as integer) as report_count
    from editions
    left join places as origins on editions.origin_place_id = origins.place_id
    left join places as vias on editions.via_place_id = vias.place_id
    left join places as destinations on editions.destination_place_id = destinations.place_id
    left join places on editions.place_id = places.place_id
)

select * from made

union all

select * from {{ source('carried', 'routes') }}
