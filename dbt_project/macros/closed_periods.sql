{# Periods of the public edition: calendar years and rounds that ended long enough ago. #}
{% macro closed_periods(kinds) -%}
    select period_id
    from {{ ref('int_periods') }}
    where
        period_kind in ({% for kind in kinds %}'{{ kind }}'{{ ', ' if not loop.last }}{% endfor %})
        and {{ days_after('period_to', publication_policy('public_delay_days')) }} <= {{ as_of_date() }}
{%- endmacro %}
