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

totals as (
    select
        edition,
        period_id,
        record_grain,
        population,
        shown_count as total_count
    from editions
    where domain = 'total'
)

select
    editions.edition,
    editions.table_name,
    editions.cell_id,
    editions.period_id,
    editions.record_grain,
    editions.population,
    editions.level,
    editions.origin_place_id,
    editions.via_place_id,
    editions.destination_place_id,
    editions.direction,
    editions.role,
    editions.place_id,
    editions.domain,
    editions.code,
    editions.movement_count,
    editions.movement_count_text,
    editions.partner_count,
    case
        when editions.movement_count is not null
            then round(cast(editions.shown_count as double) / nullif(totals.total_count, 0), 4)
    end as share,
    -- Small counts share the last rank: their order would tell which of them is larger.
    cast(rank() over (
        partition by
            editions.edition, editions.table_name, editions.level, editions.role, places.kind, editions.domain,
            editions.period_id, editions.record_grain, editions.population
        order by coalesce(editions.movement_count, 0) desc nulls last
    ) as integer) as rank
from editions
left join totals
    on
        editions.edition = totals.edition
        and editions.period_id = totals.period_id
        and editions.record_grain = totals.record_grain
        and editions.population = totals.population
left join places on editions.place_id = places.place_id
