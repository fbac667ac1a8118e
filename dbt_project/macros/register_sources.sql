{# Makes one view a source over the Parquet that Python steps wrote. Columns and types are those declared in
   models/staging/sources.yml, or those of the model named in `columns_of`. A missing or mistyped column fails here,
   by name, before anything is built.
   Only sources that are read in this run: what later steps will write anew may still be of another version. #}
{% macro register_sources() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test', 'seed') %}
        {% set read = [] %}
        {% for node in graph.nodes.values() | selectattr('unique_id', 'in', selected_resources) %}
            {% do read.extend(node.depends_on.nodes) %}
        {% endfor %}
        {% set sources = graph.sources.values() | selectattr('unique_id', 'in', read) | list %}
        {% for schema in sources | map(attribute='schema') | unique %}
            {% do run_query('create schema if not exists ' ~ schema) %}
        {% endfor %}
        {% if sources %}
            {% do adapter.dispatch('register_sources_of')(sources) %}
        {% endif %}
    {% endif %}
{% endmacro %}

{# All of them in two statements: what a query costs is mostly dbt itself. #}
{% macro duckdb__register_sources_of(sources) %}
    {% set asked, views = [], [] %}
    {% for source in sources %}
        {% do asked.append(
            'select ' ~ loop.index ~ " as number, count(*) as file_count from glob('" ~ duckdb__files_of(source) ~ "')"
        ) %}
    {% endfor %}
    {% set file_counts = run_query(asked | join(' union all ') ~ ' order by number').columns[1].values() %}
    {% for source in sources %}
        {% set has_files = file_counts[loop.index0] > 0 %}
        {% set rows = (
            "from read_parquet('" ~ duckdb__files_of(source) ~ "', union_by_name = true)" if has_files else 'where false'
        ) %}
        {% do views.append(
            'create or replace view ' ~ source.schema ~ '.' ~ source.identifier
            ~ ' as select ' ~ declared_columns(source, has_files) | join(', ') ~ ' ' ~ rows
        ) %}
    {% endfor %}
    {% do run_query(views | join('; ')) %}
{% endmacro %}

{% macro duckdb__files_of(source) %}
    {{- return((var('work') ~ '/' ~ source.meta.files) | replace("'", "''")) -}}
{% endmacro %}

{# The table finds the columns of the files once, the view casts them. `empty_sources`: names of sources without a file;
   Spark cannot ask for files. #}
{% macro spark__register_sources_of(sources) %}
    {% for source in sources %}
        {% set has_files = source.source_name ~ '.' ~ source.name not in var('empty_sources') %}
        {% set relation = source.schema ~ '.' ~ source.identifier %}
        {% if has_files %}
            {% do run_query('drop table if exists ' ~ relation ~ '_files') %}
            {% do run_query(
                'create table ' ~ relation ~ "_files using parquet options (path '" ~ var('work') ~ '/' ~ source.meta.files
                ~ "', mergeSchema true)"
            ) %}
        {% endif %}
        {% do run_query(
            'create or replace view ' ~ relation ~ ' as select ' ~ declared_columns(source, has_files) | join(', ')
            ~ ' ' ~ ('from ' ~ relation ~ '_files' if has_files else 'where false')
        ) %}
    {% endfor %}
{% endmacro %}

{% macro declared_columns(source, has_files) %}
    {% set columns = [] %}
    {% set declared = graph.nodes['model.' ~ project_name ~ '.' ~ source.meta.columns_of] if source.meta.columns_of else source %}
    {% for column in declared.columns.values() %}
        {% set value = column.name if has_files else 'null' %}
        {% do columns.append('cast(' ~ value ~ ' as ' ~ column.data_type ~ ') as ' ~ column.name) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
