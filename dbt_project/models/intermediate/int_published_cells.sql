-- One row per edition and shown cell: members' own numbers, small ones as text; the public edition's protected counts.
with cells as (select * from {{ ref('int_cells') }}),

protected as (select * from {{ ref('int_protected_cells') }} where is_shown),

places as (select * from {{ ref('int_places') }}),

editions as (
    select
        'members' as edition,
        table_name,
        cell_id,
        period_id,
        record_grain,
        population,
        level,
        origin_place_id,
        via_place_id,
        destination_place_id,
        direction,
        role,
        place_id,
        domain,
        code,
        movement_count as shown_count,
        {{ members_count('movement_count') }} as movement_count,
        {{ members_count_text('movement_count') }} as movement_count_text,
        partner_count
    from cells

    union all

    select
        'public' as edition,
        cells.table_name,
        cells.cell_id,
        cells.period_id,
        cells.record_grain,
        cells.population,
        cells.level,
        cells.origin_place_id,
        cells.via_place_id,
        cells.destination_place_id,
        cells.direction,
        cells.role,
        cells.place_id,
        cells.domain,
        cells.code,
        protected.protected_count as shown_count,
        protected.protected_count as movement_count,
        cast(protected.protected_count as {{ text_type() }}) as movement_count_text,
        cast(null as integer) as partner_count
    from protected
    inner join cells
        on
            protected.table_name = cells.table_name || '|' || cells.population
            and protected.cell_id = cells.cell_id
            and protected.period_id = cells.period_id
            and cells.record_grain = 'case'
),

-- A share is of all movements, and that of a code of a place or corridor is of its place or corridor.
compared as (
    select
        editions.*,
        case editions.table_name
            when 'place_codes' then 'places'
            when 'corridor_codes' then 'corridors'
            else 'codes'
        end as base_table,
        case editions.table_name
            when 'place_codes' then editions.role || '|' || editions.place_id
            when 'corridor_codes'
                then editions.level || '|' || editions.origin_place_id || '>' || editions.destination_place_id
            else 'total|total'
        end as base_cell
    from editions
)

select
    compared.edition,
    compared.table_name,
    compared.cell_id,
    compared.period_id,
    compared.record_grain,
    compared.population,
    compared.level,
    compared.origin_place_id,
    compared.via_place_id,
    compared.destination_place_id,
    compared.direction,
    compared.role,
    compared.place_id,
    compared.domain,
    compared.code,
    compared.movement_count,
    compared.movement_count_text,
    compared.partner_count,
    case
        when compared.movement_count is not null
            then round(cast(compared.shown_count as double) / nullif(bases.shown_count, 0), 4)
    end as share,
    -- Small counts share the last rank: their order would reveal which is larger.
    cast(rank() over (
        partition by
            compared.edition, compared.table_name, compared.level, compared.role, places.kind, compared.domain,
            compared.period_id, compared.record_grain, compared.population
        order by coalesce(compared.movement_count, 0) desc nulls last
    ) as integer) as rank
from compared
left join editions as bases
    on
        compared.edition = bases.edition
        and compared.base_table = bases.table_name
        and compared.base_cell = bases.cell_id
        and compared.period_id = bases.period_id
        and compared.record_grain = bases.record_grain
        and compared.population = bases.population
left join places on compared.place_id = places.place_id
