{# Codes joined by `;` in alphabetical order, null when there is none: the same text on every engine. #}
{% macro sorted_codes(column) -%}
    {{ adapter.dispatch('sorted_codes')(column) }}
{%- endmacro %}

{% macro duckdb__sorted_codes(column) -%}
    string_agg(distinct {{ column }}, ';' order by {{ column }} nulls last)
{%- endmacro %}

{% macro spark__sorted_codes(column) -%}
    nullif(array_join(sort_array(collect_set({{ column }})), ';'), '')
{%- endmacro %}

{# A code that says something: neither asked-but-unknown nor not-applicable. #}
{% macro is_informative(column) -%}
    {{ column }} is not null and {{ column }} not in ('unknown', 'not_specified', 'not_applicable')
{%- endmacro %}

{# Text without a length: `varchar` alone is an error on some engines. #}
{% macro text_type() -%}
    {{ dbt.type_string() }}
{%- endmacro %}
