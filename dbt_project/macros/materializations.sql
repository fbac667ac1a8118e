{# DuckDB has dbt's own materializations.
   On Spark each of them is a table of Parquet files in a folder of its own, views too: steps in Python open the folders
   (orchestration/warehouse/engines.py). #}
{% materialization table, adapter='spark', supported_languages=['sql'] %}
    {{ return(spark__table_of_files(compiled_code)) }}
{% endmaterialization %}

{% materialization view, adapter='spark' %}
    {{ return(spark__table_of_files(compiled_code)) }}
{% endmaterialization %}

{# dbt's own way writes a NULL as the text 'None' (dbt-adapters issue 487). #}
{% materialization seed, adapter='spark' %}
    {% set columns = [] %}
    {% for name, type in config.get('column_types').items() %}
        {% do columns.append('cast(nullif(' ~ name ~ ", '') as " ~ type ~ ') as ' ~ name) %}
    {% endfor %}
    {% set file = (model.root_path ~ '/' ~ model.original_file_path) | replace("'", "\\'") %}
    {% do run_query(
        'create or replace temporary view seed_' ~ model.alias ~ " using csv options (path '" ~ file
        ~ "', header true, multiLine true, quote '\"', escape '\"')"
    ) %}
    {% do store_result('agate_table', response='OK') %}
    {{ return(spark__table_of_files('select ' ~ columns | join(', ') ~ ' from seed_' ~ model.alias)) }}
{% endmaterialization %}

{# Contracts are held by `create_table_as`, as on DuckDB. #}
{% macro spark__table_of_files(query) %}
    {% set made = this.incorporate(type='table') %}
    {% do run_query('drop table if exists ' ~ made) %}
    {% call statement('main') %}
        {{ create_table_as(false, made, query) }}
    {% endcall %}
    {{ return({'relations': [made]}) }}
{% endmacro %}
