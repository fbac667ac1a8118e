{#
  Why: code lists live in seeds/reference/codes.csv alone; a list repeated in YAML would drift from it.
  Fails with: each code that the list of its domain does not hold, and on how many rows. Codes are no personal values.
  `domain` is the name of a list; `domain_column` names the column that holds it instead.
#}
{% test code_is_known(model, column_name, domain=none, domain_column=none) %}
{{ config(meta={"steward_action": "Fix the mapping in the partner's contract, or add the code to seeds/reference/codes.csv with its source."}) }}
select
    checked.{{ column_name }},
    count(*) as row_count
from {{ model }} as checked
left join {{ ref('codes') }} as codes
    on
        checked.{{ column_name }} = codes.code
        and codes.domain = {% if domain_column %}checked.{{ domain_column }}{% else %}'{{ domain }}'{% endif %}

where checked.{{ column_name }} is not null and codes.code is null
group by checked.{{ column_name }}
{% endtest %}
