{#
  Why: a blank cell of a seed arrives as null on one engine and as the word None on another (stack.md 9).
  Fails with: the name of each column that has blank cells, and how many.
#}
{% test no_blank_cells(model) %}
{{ config(meta={"steward_action": "Fill the cell in the seed."}) }}
{% set seeds = graph.nodes.values() | selectattr('resource_type', 'equalto', 'seed') if execute else [] %}
{% set columns = (seeds | selectattr('name', 'equalto', model.identifier) | first).config.column_types if execute else [] %}
{% for column in columns %}
select
    '{{ column }}' as column_name,
    count(*) as blank_count
from {{ model }}
where {{ column }} is null
having count(*) > 0
{{ 'union all' if not loop.last }}
{% else %}
select 1 as column_name where 1 = 0
{% endfor %}
{% endtest %}
