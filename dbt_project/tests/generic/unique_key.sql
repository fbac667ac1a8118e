{#
  Why: counting tables have keys of several columns, and a key that repeats doubles every sum above it. A missing
  part of a key hides such a repetition, so it fails too, unless `may_be_null` names the column.
  Fails with: each repeated key and its number of rows.
#}
{% test unique_key(model, columns, may_be_null=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns if column not in may_be_null %}
    or {{ column }} is null
    {% endfor %}
{% endtest %}
