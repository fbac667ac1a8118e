-- One row per count that the public edition shows, rows `fewer` included: sums of fitted leaves, protected counts that
-- no whole of theirs exceeds, and mentions, null where they are listed without a number. Carried periods are not here.
{% set least = publication_policy('public_least_count') %}
{% set least_label = publication_policy('public_least_label_count') %}
with protected as (select * from {{ ref('int_protected_cells') }}),

places as (select * from {{ ref('int_places') }}),

-- A report says that a road is used, not by whom: what enough reports of a round name is listed without a number.
mentions as (
    select
        cells.*,
        case when cells.trait = 'round' then drawn.protected_count end as public_count
    from {{ ref('int_cells') }} as cells
    inner join {{ ref('int_drawn_labels') }} as drawn
        on
            cells.table_name = drawn.noise_name
            and cells.cell_id = drawn.cell_id
            and cells.period_id = drawn.period_id
    left join places as vias on cells.via_place_id = vias.place_id
    where
        cells.table_name = 'mentions'
        and drawn.protected_count >= {{ publication_policy('public_round_least_reports') }}
        and (cells.via_place_id is null or vias.kind = 'border_point')
),

sized as (
    select
        *,
        sum(fitted_count) over (partition by period_id) as total_count,
        sum(fitted_count) over (partition by period_id, direction) as direction_count,
        sum(fitted_count) over (partition by period_id, start_place_id) as start_count,
        sum(fitted_count) over (partition by period_id, end_place_id) as end_count
    from {{ source('fitted', 'leaves') }}
),

-- Of a year whose total is not shown, nothing is.
leaves as (select * from sized where total_count >= {{ least }}),

totals as (
    select
        period_id,
        max(total_count) as public_count
    from leaves
    group by period_id
),

-- A small direction is counted as unknown: a row of its own would prove that somebody is there. What else is small is
-- counted as fewer.
named as (
    select
        period_id,
        fitted_count,
        case when start_count >= {{ least }} then start_place_id else 'fewer' end as start_id,
        case when end_count >= {{ least }} then end_place_id else 'fewer' end as end_id,
        case when fitted_count >= {{ least }} then start_place_id else 'fewer' end as start_place_id,
        case when fitted_count >= {{ least }} then end_place_id else 'fewer' end as end_place_id,
        case when direction_count >= {{ least }} then direction else 'unknown' end as direction
    from leaves
),

fitted as (
    {% for table_name, key in {
        'total': {},
        'directions': {'direction': 'direction'},
        'starts': {'place_id': 'start_id'},
        'ends': {'place_id': 'end_id'},
        'corridors': {
            'start_place_id': 'start_place_id', 'end_place_id': 'end_place_id', 'direction': 'direction'
        },
    }.items() %}
        select
            '{{ table_name }}' as table_name,
            {% for column in ['start_place_id', 'end_place_id', 'place_id', 'direction'] %}
                {{ key.get(column, 'cast(null as ' ~ text_type() ~ ')') }} as {{ column }},
            {% endfor %}
            period_id,
            sum(fitted_count) as public_count
        from named
        group by {{ (['period_id'] + (key.values() | list)) | join(', ') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

age_bands as (
    select
        period_id,
        case
            when code in ('a00_08', 'a09_17', 'child') then 'child'
            when code = 'unknown' then 'unknown'
            else 'adult'
        end as age_group,
        protected_count
    from protected
    where trait = 'age_band' and protected_count >= {{ least }}
),

-- Children and adults are the shown age bands in sum.
age_groups as (
    select
        age_group,
        period_id,
        sum(protected_count) as protected_count
    from age_bands
    group by age_group, period_id
),

children as (select * from age_groups where age_group = 'child'),

-- What is no sum of leaves: at most its total, and what else holds it.
capped as (
    select
        protected.*,
        least(protected.protected_count, totals.public_count) as public_count
    from protected
    inner join totals on protected.period_id = totals.period_id
    where protected.table_name in ('passings', 'border_points', 'traits')
),

of_children as (
    select
        protected.*,
        least(protected.protected_count, fitted.public_count, children.protected_count) as public_count
    from protected
    inner join fitted
        on
            protected.table_name = fitted.table_name
            and protected.place_id = fitted.place_id
            and protected.period_id = fitted.period_id
    inner join children on protected.period_id = children.period_id
    where protected.column_name = 'child_count'
),

-- Where people were exploited, last known or only promised to go: the parts of an end. Three that can be shown add up
-- to it: they are changed in proportion. Else the difference of an end and its shown parts is noise, too, and proves
-- nobody's presence. `protected_until`: of this part and those before it.
bases as (
    select
        protected.*,
        ends.public_count as end_count,
        sum(greatest(protected.protected_count, 0)) over (
            partition by protected.place_id, protected.period_id order by protected.column_name nulls last
        ) as protected_until,
        sum(greatest(protected.protected_count, 0)) over (partition by protected.place_id, protected.period_id)
            as protected_sum,
        sum(case when protected.protected_count >= {{ least }} then 1 else 0 end) over (
            partition by protected.place_id, protected.period_id
        ) as large_parts
    from fitted as ends
    inner join protected on ends.place_id = protected.place_id and ends.period_id = protected.period_id
    where
        ends.table_name = 'ends'
        and protected.column_name in ('exploited_count', 'intended_count', 'last_known_count')
),

whole as (
    select
        *,
        case when large_parts = 3 or protected_sum > end_count then protected_sum else end_count end as whole_count
    from bases
),

cumulated as (
    select
        *,
        cast(floor((2 * end_count * protected_until + whole_count) / nullif(2 * whole_count, 0)) as integer)
            as until_count
    from whole
),

parts as (
    select
        *,
        until_count - coalesce(
            lag(until_count) over (partition by place_id, period_id order by column_name nulls last), 0
        ) as public_count
    from cumulated
),

counts as (
    select
        table_name,
        'movement_count' as column_name,
        start_place_id,
        cast(null as {{ text_type() }}) as via_place_id,
        end_place_id,
        place_id,
        direction,
        cast(null as {{ text_type() }}) as trait,
        cast(null as {{ text_type() }}) as code,
        period_id,
        public_count
    from fitted
    where public_count > 0

    union all

    select
        'traits' as table_name,
        'trait_count' as column_name,
        null as start_place_id,
        null as via_place_id,
        null as end_place_id,
        null as place_id,
        null as direction,
        'age_group' as trait,
        age_groups.age_group as code,
        age_groups.period_id,
        least(age_groups.protected_count, totals.public_count) as public_count
    from age_groups
    inner join totals on age_groups.period_id = totals.period_id

    -- Records of children stand in more cells than others: the children of a place stand from the count of labels on.
    {% for source, is_shown in {
        'capped': 'public_count >= ' ~ least, 'of_children': 'public_count >= ' ~ least_label,
        'parts': 'public_count >= ' ~ least, 'mentions': 'true',
    }.items() %}
        union all

        select
            table_name,
            column_name,
            case when table_name not in ('starts', 'ends') then start_place_id end as start_place_id,
            {{ 'via_place_id' if source == 'mentions' else 'null as via_place_id' }},
            case when table_name not in ('starts', 'ends') then end_place_id end as end_place_id,
            place_id,
            direction,
            trait,
            code,
            period_id,
            public_count
        from {{ source }}
        where {{ is_shown }}
    {% endfor %}
)

select
    table_name,
    column_name,
    {{ cell_id() }} as cell_id,
    start_place_id,
    via_place_id,
    end_place_id,
    place_id,
    direction,
    trait,
    code,
    period_id,
    cast(public_count as integer) as public_count
from counts
