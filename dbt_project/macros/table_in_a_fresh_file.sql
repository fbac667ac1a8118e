{# A model in the work file, which begins empty in each refresh: made under its own name at once. dbt's own way makes it
   under another one, looks for what stood there before, and renames: three times as many statements a model. Contracts
   are held by `create_table_as` as ever. A table that is there was made by an earlier run of the same part. #}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {% set made = this.incorporate(type='table') %}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') %}
        {{ create_table_as(false, made, compiled_code) }}
    {% endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [made]}) }}
{% endmaterialization %}
