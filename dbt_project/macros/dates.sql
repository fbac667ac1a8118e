{# Dates stay dates on every engine: `date + interval` and `date_trunc` give timestamps on some. #}

{# The day this refresh speaks for. The clock is read once, outside dbt. #}
{% macro as_of_date() -%}
    {%- set as_of = var('as_of', none) -%}
    {%- if as_of is none and execute -%}
        {{ exceptions.raise_compiler_error("The variable as_of is missing: pass --vars '{as_of: 2026-11-24, work: /path}'.") }}
    {%- endif -%}
    cast('{{ (as_of or '1970-01-01') | string | truncate(10, true, '', 0) }}' as date)
{%- endmacro %}

{% macro days_after(date, days) -%}
    cast({{ dbt.dateadd('day', days, date) }} as date)
{%- endmacro %}

{% macro months_after(date, months) -%}
    cast({{ dbt.dateadd('month', months, date) }} as date)
{%- endmacro %}

{% macro month_of(date) -%}
    cast({{ dbt.date_trunc('month', date) }} as date)
{%- endmacro %}

{% macro year_of(date) -%}
    cast(extract(year from {{ date }}) as integer)
{%- endmacro %}

{# Partners have had their months to report since the day after the last: three months after 30 June would be a day short. #}
{% macro is_complete(last_day) -%}
    {{ months_after(days_after(last_day, 1), var('complete_after_months')) }} <= {{ as_of_date() }}
{%- endmacro %}
