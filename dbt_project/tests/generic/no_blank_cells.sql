{#
  Why: a blank cell of a seed arrives as null on one engine and as the word None on another (stack.md 9).
  Fails with: the name of each column that has blank cells, and how many.
#}
{% test no_blank_cells(model) %}
{% set columns = adapter.get_columns_in_relation(model) if execute else [] %}
{% for column in columns %}
select
    '{{ column.name }}' as column_name,
    count(*) as blank_count
from {{ model }}
where {{ column.name }} is null
having count(*) > 0
{{ 'union all' if not loop.last }}
{% else %}
select 1 as column_name where 1 = 0
{% endfor %}
{% endtest %}
