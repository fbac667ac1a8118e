{#
  Why: sums that must agree and shares that must stay between 0 and 1 are truths of a row, not of a column.
  Fails with: the key of each row where the expression is false or null. Never other columns.
#}
{% test holds(model, expression, key) %}
select {{ key | join(', ') }}
from {{ model }}
where not coalesce(({{ expression }}), false)
{% endtest %}
