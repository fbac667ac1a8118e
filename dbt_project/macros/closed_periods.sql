{# Periods of the public edition: calendar years and rounds that ended long enough ago. #}
{% macro closed_periods(kinds) -%}
    select period_id
    from {{ ref('int_periods') }}
    where
        period_kind in ({% for kind in kinds %}'{{ kind }}'{{ ', ' if not loop.last }}{% endfor %})
        and {{ days_after('period_to', publication_policy('public_delay_days')) }} <= {{ as_of_date() }}
{%- endmacro %}

{# Those of them that this release publishes for the first time, or anew by decision. The rows of all others are
   carried: rows of the newest release that published them. #}
{% macro newly_closed_periods(kinds) -%}
    select closed.period_id
    from ({{ closed_periods(kinds) }}) as closed
    left join {{ source('carried', 'periods') }} as carried on closed.period_id = carried.period_id
    where carried.period_id is null
{%- endmacro %}
