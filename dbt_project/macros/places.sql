{# The finest form of a place that a partner's agreement lets out of the work folder; `place` is a row of int_places.
   An agreement that names no known precision gets the coarsest. #}
{% macro coarsened_place(place, finest) -%}
    case
        when {{ place }}.place_id is null then 'unknown'
        when {{ finest }} = 'town' then {{ place }}.town_place_id
        when {{ finest }} = 'border_point' and {{ place }}.kind = 'border_point' then {{ place }}.place_id
        when {{ finest }} in ('border_point', 'county')
            then coalesce({{ place }}.county_place_id, {{ place }}.country_place_id)
        else {{ place }}.country_place_id
    end
{%- endmacro %}
