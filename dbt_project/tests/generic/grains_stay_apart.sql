{#
  Why: a person identified at a shelter, a route somebody knows of, a journey stopped in time and people passing a
  point are never added. A row that holds more than all there is of its grain has taken from another one.
  Fails with: the grain (and what else is in `within`) whose rows hold more than `of` has of it, or, for the rows that
  `adds_up_where` selects, do not add up to exactly that.
  `measures` maps a column of the table to the same measure over `of`.
#}
{% test grains_stay_apart(model, of, measures, within=['record_grain'], adds_up_where=none) %}
{{ config(meta={"steward_action": "Two grains were added up: tell the maintainers. The current release stays."}) }}
{% if 'record_grain' not in within %}
    {{ exceptions.raise_compiler_error("grains_stay_apart compares grain by grain: `within` must hold record_grain.") }}
{% endif %}
with available as (
    select
        {{ within | join(', ') }}
        {% for column, measure in measures.items() %}, {{ measure }} as {{ column }}{% endfor %}
    from {{ of }}
    group by {{ within | join(', ') }}
),

largest as (
    select
        {{ within | join(', ') }}
        {% for column in measures %}, max({{ column }}) as {{ column }}{% endfor %}
    from {{ model }}
    group by {{ within | join(', ') }}
)

select {% for column in within %}largest.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
from largest
left join available
    on {% for column in within %}largest.{{ column }} = available.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
where
    largest.record_grain is null
    {% for column in measures %}
    or largest.{{ column }} > coalesce(available.{{ column }}, 0)
    {% endfor %}

{% if adds_up_where %}
union all

select {{ within | join(', ') }}
from (
    select
        {{ within | join(', ') }}
        {% for column in measures if column in adds_up_where.measures %}, {{ column }}{% endfor %}
    from {{ model }}
    where {{ adds_up_where.rows }}

    union all

    select
        {{ within | join(', ') }}
        {% for column in measures if column in adds_up_where.measures %}, -{{ column }} as {{ column }}{% endfor %}
    from available
) as both_sides
group by {{ within | join(', ') }}
having
    {% for column in measures if column in adds_up_where.measures %}
    sum({{ column }}) <> 0{{ ' or' if not loop.last }}
    {% endfor %}
{% endif %}
{% endtest %}
