-- One row per edition, period and cell: the row of the published table in which the cell stands (`row_id`, with its
-- key). Members have a row for each cell of five and more, for one that fell to nothing, and for what the public
-- edition shows, carried years included. All other cells stand in the row `fewer`; in public, where it has one.
with cells as (
    select
        table_name,
        cell_id,
        period_id,
        start_place_id,
        via_place_id,
        end_place_id,
        place_id,
        direction,
        trait,
        code,
        max(movement_count) as largest_count
    from {{ ref('int_cells') }}
    where table_name <> 'total'
    group by
        table_name,
        cell_id,
        period_id,
        start_place_id,
        via_place_id,
        end_place_id,
        place_id,
        direction,
        trait,
        code
),

public_rows as (
    select
        table_name,
        cell_id,
        period_id
    from {{ ref('int_public_cells') }}

    {% for table_name, key in {
        'directions': ['direction'],
        'starts': ['place_id'],
        'ends': ['place_id'],
        'corridors': ['start_place_id', 'end_place_id', 'direction'],
        'passings': ['place_id'],
        'border_points': ['place_id'],
        'traits': ['trait', 'code'],
        'mentions': ['mention_id'],
    }.items() %}
        union

        select
            '{{ table_name }}' as table_name,
            {{ cell_id(key) }} as cell_id,
            period_id
        from {{ source('carried', table_name) }}
    {% endfor %}
),

public_directions as (select * from public_rows where table_name = 'directions'),

placed as (
    select
        cells.*,
        public_rows.cell_id is not null as is_public,
        cells.largest_count = 0
        or cells.largest_count >= {{ publication_policy('members_least_count') }}
        or cells.table_name in ('directions', 'mentions')
        or public_rows.cell_id is not null as is_of_members,
        -- A direction without a row of its own is counted as unknown in public.
        case
            when cells.direction is null or public_directions.cell_id is not null then cells.direction
            else 'unknown'
        end as public_direction
    from cells
    left join public_rows
        on
            cells.table_name = public_rows.table_name
            and cells.cell_id = public_rows.cell_id
            and cells.period_id = public_rows.period_id
    left join public_directions
        on cells.direction = public_directions.cell_id and cells.period_id = public_directions.period_id
),

named as (
    {% for edition, is_shown, direction in [
        ('members', 'is_of_members', 'direction'), ('public', 'is_public', 'public_direction')
    ] %}
        select
            '{{ edition }}' as edition,
            table_name,
            cell_id,
            period_id,
            {% for column in ['start_place_id', 'via_place_id', 'end_place_id', 'place_id', 'code'] %}
                case when {{ column }} is null or {{ is_shown }} then {{ column }} else 'fewer' end as {{ column }},
            {% endfor %}
            trait,
            {{ direction }} as direction
        from placed
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

identified as (
    select
        *,
        {{ cell_id() }} as row_id
    from named
)

select identified.*
from identified
left join public_rows
    on
        identified.table_name = public_rows.table_name
        and identified.row_id = public_rows.cell_id
        and identified.period_id = public_rows.period_id
where identified.edition = 'members' or public_rows.cell_id is not null
