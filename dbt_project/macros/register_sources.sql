{# Makes one view a source over the Parquet that Python steps wrote. Columns and types are those declared in
   models/staging/sources.yml, so a missing or mistyped column fails here, by name, before anything is built. #}
{% macro register_sources() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test', 'seed') %}
        {% set schemas = [] %}
        {% for source in graph.sources.values() if source.package_name == project_name %}
            {% if source.schema not in schemas %}
                {% do schemas.append(source.schema) %}
                {% do run_query('create schema if not exists ' ~ source.schema) %}
            {% endif %}
            {% do adapter.dispatch('register_source')(source) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{% macro duckdb__register_source(source) %}
    {% set files = (var('work') ~ '/' ~ source.meta.files) | replace("'", "''") %}
    {% set has_files = run_query("select count(*) from glob('" ~ files ~ "')").columns[0].values()[0] > 0 %}
    {% set columns = [] %}
    {% for column in source.columns.values() %}
        {% set value = column.name if has_files else 'null' %}
        {% do columns.append('cast(' ~ value ~ ' as ' ~ column.data_type ~ ') as ' ~ column.name) %}
    {% endfor %}
    {% set rows = "from read_parquet('" ~ files ~ "', union_by_name = true)" if has_files else 'where false' %}
    {% do run_query(
        'create or replace view ' ~ source.schema ~ '.' ~ source.identifier
        ~ ' as select ' ~ columns | join(', ') ~ ' ' ~ rows
    ) %}
{% endmacro %}
