-- One row per edition, period, start, place passed and end. A case stands in a row for each place it passed, so rows
-- overlap. Members' small ones are summed in the row `fewer`; the public edition has border points alone.
with cells as (select * from {{ ref('int_cells') }} where table_name = 'corridors_via'),

shown as (select * from {{ ref('int_shown_cells') }} where table_name = 'corridors_via'),

public_cells as (select * from {{ ref('int_public_cells') }} where table_name = 'corridors_via'),

areas as (select * from {{ ref('published_areas') }}),

editions as (
    select
        'members' as edition,
        cells.period_id,
        case when shown.cell_id is null then 'fewer' else cells.start_place_id end as start_place_id,
        case when shown.cell_id is null then 'fewer' else cells.via_place_id end as via_place_id,
        case when shown.cell_id is null then 'fewer' else cells.end_place_id end as end_place_id,
        cast(sum(cells.movement_count) as integer) as passing_count
    from cells
    left join shown on cells.cell_id = shown.cell_id and cells.period_id = shown.period_id
    group by
        cells.period_id,
        case when shown.cell_id is null then 'fewer' else cells.start_place_id end,
        case when shown.cell_id is null then 'fewer' else cells.via_place_id end,
        case when shown.cell_id is null then 'fewer' else cells.end_place_id end

    union all

    select
        'public' as edition,
        cells.period_id,
        cells.start_place_id,
        cells.via_place_id,
        cells.end_place_id,
        public_cells.public_count as passing_count
    from public_cells
    inner join cells on public_cells.cell_id = cells.cell_id and public_cells.period_id = cells.period_id
),

made as (
    select
        editions.edition,
        editions.period_id,
        editions.start_place_id,
        starts.place as start_place,
        editions.via_place_id,
        vias.place as via_place,
        editions.end_place_id,
        ends.place as end_place,
        editions.passing_count
    from editions
    inner join areas as starts on editions.edition = starts.edition and editions.start_place_id = starts.place_id
    inner join areas as vias on editions.edition = vias.edition and editions.via_place_id = vias.place_id
    inner join areas as ends on editions.edition = ends.edition and editions.end_place_id = ends.place_id
)

select * from made

union all

select * from {{ source('carried', 'corridors_via') }}
