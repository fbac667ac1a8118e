-- One row per edition and row of the published tables of counts (int_edition_cells says which cells stand in it), with
-- the names of its places, its counts, and what they are compared with.
with counts as (
    select
        rows_of_cells.edition,
        rows_of_cells.table_name,
        rows_of_cells.row_id,
        rows_of_cells.period_id,
        rows_of_cells.start_place_id,
        rows_of_cells.via_place_id,
        rows_of_cells.end_place_id,
        rows_of_cells.place_id,
        rows_of_cells.direction,
        rows_of_cells.trait,
        rows_of_cells.code,
        cells.column_name,
        cells.movement_count as count_of_row
    from {{ ref('int_edition_cells') }} as rows_of_cells
    inner join {{ ref('int_cells') }} as cells
        on
            rows_of_cells.table_name = cells.table_name
            and rows_of_cells.cell_id = cells.cell_id
            and rows_of_cells.period_id = cells.period_id
    where rows_of_cells.edition = 'members'

    union all

    select
        'public' as edition,
        table_name,
        cell_id as row_id,
        period_id,
        start_place_id,
        via_place_id,
        end_place_id,
        place_id,
        direction,
        trait,
        code,
        column_name,
        public_count as count_of_row
    from {{ ref('int_public_cells') }}
    where table_name <> 'total'
),

summed as (
    select
        edition,
        table_name,
        row_id,
        period_id,
        start_place_id,
        via_place_id,
        end_place_id,
        place_id,
        direction,
        trait,
        code
        -- Members see that nobody is counted; in public a count is absent.
        {% for column in [
            'movement_count', 'home_count', 'exploited_count', 'last_known_count', 'intended_count', 'child_count',
            'passing_count', 'first_known_count', 'stopped_count', 'trait_count', 'mention_count',
        ] %}
            ,
            cast(
                sum(case when column_name = '{{ column }}' then count_of_row when edition = 'members' then 0 end)
                as integer
            ) as {{ column }}
        {% endfor %}
    from counts
    group by
        edition,
        table_name,
        row_id,
        period_id,
        start_place_id,
        via_place_id,
        end_place_id,
        place_id,
        direction,
        trait,
        code
),

areas as (select * from {{ ref('int_areas') }}),

comparisons as (
    select
        *,
        'members' as edition
    from {{ ref('int_comparisons') }}
)

select
    summed.*,
    starts.place as start_place,
    vias.place as via_place,
    ends.place as end_place,
    areas.place,
    case
        when comparisons.comparison is not null or summed.edition = 'public' then comparisons.comparison
        when totals.comparison = 'no_earlier_year' then totals.comparison
        else 'not_comparable'
    end as comparison,
    comparisons.change,
    comparisons.like_count,
    comparisons.like_earlier_count
from summed
left join areas as starts on summed.edition = starts.edition and summed.start_place_id = starts.place_id
left join areas as vias on summed.edition = vias.edition and summed.via_place_id = vias.place_id
left join areas as ends on summed.edition = ends.edition and summed.end_place_id = ends.place_id
left join areas on summed.edition = areas.edition and summed.place_id = areas.place_id
left join comparisons
    on
        summed.edition = comparisons.edition
        and summed.table_name = comparisons.table_name
        and summed.row_id = comparisons.cell_id
        and summed.period_id = comparisons.period_id
left join comparisons as totals
    on
        summed.edition = totals.edition
        and totals.table_name = 'total'
        and summed.period_id = totals.period_id
