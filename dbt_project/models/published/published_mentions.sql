-- One row per edition, survey round and thing that its route reports mention: a corridor, a place, or the round as a
-- whole. A report says that a road is used, not by whom. Mentions overlap. The public edition lists, without a number,
-- what at least three reports of a closed round name; of the round as a whole it says how many reports there were.
with cells as (select * from {{ ref('int_cells') }} where table_name = 'mentions'),

places as (select * from {{ ref('int_places') }}),

new_periods as (select * from {{ ref('int_new_public_periods') }}),

areas as (select * from {{ ref('published_areas') }}),

editions as (
    select
        'members' as edition,
        cells.*,
        cells.movement_count as mention_count
    from cells

    union all

    select
        'public' as edition,
        cells.*,
        case when cells.trait = 'round' then cells.movement_count end as mention_count
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
        editions.cell_id as mention_id,
        editions.trait as subject,
        editions.start_place_id,
        starts.place as start_place,
        editions.via_place_id,
        vias.place as via_place,
        editions.end_place_id,
        ends.place as end_place,
        editions.place_id,
        areas.place,
        editions.mention_count
    from editions
    left join areas as starts on editions.edition = starts.edition and editions.start_place_id = starts.place_id
    left join areas as vias on editions.edition = vias.edition and editions.via_place_id = vias.place_id
    left join areas as ends on editions.edition = ends.edition and editions.end_place_id = ends.place_id
    left join areas on editions.edition = areas.edition and editions.place_id = areas.place_id
)

select * from made

union all

select * from {{ source('carried', 'mentions') }}
