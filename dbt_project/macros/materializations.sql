{# Tables of the work file, each made under its own name at once: `orchestration/warehouse/work_file.py` has dropped what stood
   there before. dbt's own ways make them under another name, look for what stood there, and rename: three times as many
   statements a table. Where dbt is run by hand, what is there goes first. #}

{# Contracts are held by `create_table_as` as ever. #}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {% set made = this.incorporate(type='table') %}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') %}
        {{ create_table_as(false, made, compiled_code) }}
    {% endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [made]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {% set made = this.incorporate(type='view') %}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') %}
        {{ create_view_as(made, compiled_code) }}
    {% endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [made]}) }}
{% endmaterialization %}

{# The engine reads the CSV. dbt's own way reads it in Python as well, to find the columns: here they are those that
   `column_types` declares, and one that is not in the file is an error. #}
{% materialization seed, adapter='duckdb' %}
    {% set made = this.incorporate(type='table') %}
    {% set columns = [] %}
    {% for name, type in config.get('column_types').items() %}
        {% do columns.append('cast(' ~ name ~ ' as ' ~ api.Column.translate_type(type) ~ ') as ' ~ name) %}
    {% endfor %}
    {% set file = adapter.get_seed_file_path(model) | replace("'", "''") %}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') %}
        create table {{ made }} as
        select {{ columns | join(', ') }}
        from read_csv('{{ file }}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
    {% endcall %}
    {% do store_result('agate_table', response='OK') %}
    {{ adapter.commit() }}
    {{ return({'relations': [made]}) }}
{% endmaterialization %}

{# On Spark each of them is a table of Parquet files in a folder of its own, views too: steps in Python open the folders
   (orchestration/warehouse/spark.py). #}
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
