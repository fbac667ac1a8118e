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

{# A place as the members' edition shows it: where `is_coarser` holds, a town becomes its county, or its country. #}
{% macro place_for_readers(place, place_id, is_coarser) -%}
    case
        when {{ is_coarser }} and {{ place }}.kind = 'town'
            then coalesce({{ place }}.county_place_id, {{ place }}.country_place_id)
        else {{ place_id }}
    end
{%- endmacro %}

{# A journey seen from Kenya, by the countries of its ends, whether it passes Kenya, and whether it is first known at a
   Kenyan border point, because its start is not stated. #}
{% macro direction(start, end, is_passing_kenya, is_first_known_in_kenya='false') -%}
    case
        when {{ start }} = 'unknown' and {{ is_first_known_in_kenya }} then 'first_known_at_border'
        when {{ start }} = 'unknown' or {{ end }} = 'unknown' then 'unknown'
        when {{ start }} = 'KEN' and {{ end }} = 'KEN' then 'within'
        when {{ start }} = 'KEN' then 'out_of'
        when {{ end }} = 'KEN' then 'into'
        when {{ is_passing_kenya }} then 'through'
        else 'outside'
    end
{%- endmacro %}
