{# A model of schema `marts` is built in `marts`, whatever the target: asset keys and readers see one name. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
