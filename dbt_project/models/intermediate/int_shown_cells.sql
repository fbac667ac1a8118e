-- One row per cell that has a row of its own in the members' edition: cells of five and more, and what the public
-- edition shows, carried years included. All others are summed into one row `fewer`.
with shown as (
    select
        table_name,
        cell_id,
        period_id
    from {{ ref('int_cells') }}
    where movement_count >= {{ publication_policy('members_least_count') }} or table_name in ('directions', 'mentions')

    union

    select
        table_name,
        cell_id,
        period_id
    from {{ ref('int_public_cells') }}

    {% for table_name, cell_id in [
        ('starts', 'place_id'),
        ('ends', 'place_id'),
        ('corridors', "start_place_id || '>' || end_place_id || '|' || direction"),
        ('corridors_via', "start_place_id || '>' || via_place_id || '>' || end_place_id"),
        ('passings', 'place_id'),
        ('border_points', 'place_id'),
        ('traits', "trait || '|' || code"),
    ] %}
        union

        select
            '{{ table_name }}' as table_name,
            {{ cell_id }} as cell_id,
            period_id
        from {{ source('carried', table_name) }}
    {% endfor %}
)

select
    table_name,
    cell_id,
    period_id
from shown
