{# A ratio in five bands, so that no count can be worked back from it (methods.md 6.1: no interval, no figure). #}
{# From an odds ratio to the ratio of the shares themselves, given the earlier share: at .25, odds of 3 are a share of .5. #}
{% macro share_ratio(odds, share) -%}
    {{ rounded(odds ~ ' / nullif(1 - coalesce(' ~ share ~ ', 0) + ' ~ odds ~ ' * coalesce(' ~ share ~ ', 0), 0)', 3) }}
{%- endmacro %}

{% macro factor_band(ratio) -%}
    case
        when {{ ratio }} is null then null
        when {{ ratio }} <= 0.5 then 'half_or_less'
        when {{ ratio }} <= 0.8 then 'lower'
        when {{ ratio }} < 1.25 then 'about_the_same'
        when {{ ratio }} < 2 then 'higher'
        else 'twice_or_more'
    end
{%- endmacro %}

{# Rounded half up, from the same product of floats on every engine: Spark would round the decimal that prints it. #}
{% macro rounded(number, digits) -%}
    {{ adapter.dispatch('rounded')(number, digits) }}
{%- endmacro %}

{% macro duckdb__rounded(number, digits) -%}
    round({{ number }}, {{ digits }})
{%- endmacro %}

{% macro spark__rounded(number, digits) -%}
    floor(({{ number }}) * {{ 10 ** digits }} + 0.5D) / {{ 10 ** digits }}
{%- endmacro %}
