{# The tier of the weakest of some records, from the largest `weakness` of int_linked_records. #}
{% macro weakest_tier(weakness) -%}
case {{ weakness }} when 1 then 'name_codes' when 2 then 'rich_form' when 3 then 'poor_form' when 4 then 'not_linked' end
{%- endmacro %}

{# Persons of some records: those of one movement (joined_id) are counted once, with the largest number; movements of
   one record each are added up. #}
{% macro persons_of(column) -%}
    case when joined_id is null then sum({{ column }}) else max({{ column }}) end
{%- endmacro %}
