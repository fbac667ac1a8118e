{# Dates stay dates on every engine: `date + interval` and `date_trunc` give timestamps on some. #}

{# The day of this refresh. The clock is read once, outside dbt. Without a day nothing is old enough to be shown. #}
{% macro as_of_date() -%}
    (select coalesce(max(as_of), cast('1970-01-01' as date)) from {{ source('gates', 'as_of') }})
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

{% macro first_of_quarter(date) -%}
    cast({{ dbt.date_trunc('quarter', date) }} as date)
{%- endmacro %}

{% macro year_of(date) -%}
    cast(extract(year from {{ date }}) as integer)
{%- endmacro %}

{# The calendar quarter of a month, as int_periods names it: 2025-Q1. #}
{% macro quarter_of(month) -%}
    cast(extract(year from {{ month }}) as {{ text_type() }})
    || case
        when extract(month from {{ month }}) <= 3 then '-Q1'
        when extract(month from {{ month }}) <= 6 then '-Q2'
        when extract(month from {{ month }}) <= 9 then '-Q3'
        else '-Q4'
    end
{%- endmacro %}

{# Partners have had their months to report since the day after the last: three months after 30 June would be a day short. #}
{% macro is_complete(last_day) -%}
    {{ months_after(days_after(last_day, 1), var('complete_after_months')) }} <= {{ as_of_date() }}
{%- endmacro %}

{# A window of an event: its first and last day, and the round where there is one. #}
{% macro window_id(window_from, window_to, round) -%}
    cast({{ window_from }} as {{ text_type() }}) || '|' || cast({{ window_to }} as {{ text_type() }})
    || coalesce('|' || {{ round }}, '')
{%- endmacro %}
