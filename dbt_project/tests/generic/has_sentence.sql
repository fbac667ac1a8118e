{#
  Why: report, desk and page say every status, label and band in the words of seeds/reference/statistics_words.csv; one
  without a sentence would appear as a code.
  Fails with: each code of the column that has no sentence of its kind, and on how many rows. Codes are no personal values.
#}
{% test has_sentence(model, column_name, kind) %}
{{ config(meta={"steward_action": "Tell the maintainers: seeds/reference/statistics_words.csv has no sentence for it. The current release stays."}) }}
select
    checked.{{ column_name }},
    count(*) as row_count
from {{ model }} as checked
left join {{ ref('statistics_words') }} as words on checked.{{ column_name }} = words.code and words.kind = '{{ kind }}'
where checked.{{ column_name }} is not null and words.code is null
group by checked.{{ column_name }}
{% endtest %}
