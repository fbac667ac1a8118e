{# The id of a cell as one text: the key of its row in a published table, without the period. #}
{% macro cell_id(columns=['trait', 'start_place_id', 'via_place_id', 'end_place_id', 'place_id', 'code', 'direction']) -%}
    coalesce(nullif(substr(
        {%- for column in columns %}
        coalesce('{{ '>' if column in ('via_place_id', 'end_place_id') else '|' }}' || {{ column }}, '')
            {{- ' || ' if not loop.last }}
        {%- endfor %}, 2
    ), ''), 'total')
{%- endmacro %}
