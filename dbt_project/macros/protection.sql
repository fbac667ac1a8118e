{# A number of the publication policy, its one home. #}
{% macro publication_policy(name) -%}
    (select cast(max(value) as integer) from {{ ref('publication_policy') }} where name = '{{ name }}')
{%- endmacro %}

{# A number of the statistics policy, as exact as it is written there. #}
{% macro statistics_policy(name) -%}
    (select cast(max(value) as decimal(9, 3)) from {{ ref('statistics_policy') }} where name = '{{ name }}')
{%- endmacro %}

{# The cell-key method (docs/disclosure.md): a count plus noise that depends on the cell, its period and the movements
   in it, and on nothing else. The same cell with the same movements always gets the same noise, until a decision
   republishes its year: that is a new epoch. `cells` is a CTE with noise_name, period_id, cell_id, epoch, true_count
   and key_sum, a row a cell; `has_row` where its column `drawn_row` may name the row of the noise table, else the
   count decides. #}
{% macro with_noise(cells, has_row=false) -%}
    select
        hashed.*,
        cast(noise.noise as integer) as noise,
        cast(hashed.true_count + noise.noise as integer) as protected_count
    from (
        select
            {{ cells }}.*,
            substr(
                {{ dbt.hash("noise_name || '|' || period_id || '|' || cell_id || '|' || cast(key_sum as " ~ text_type() ~ ") || '|' || cast(epoch as " ~ text_type() ~ ")") }}, 1, 8
            ) as cell_hash,
            case
                {{ 'when drawn_row is not null then drawn_row' if has_row }}
                when true_count >= {{ publication_policy('noise_row_3_from') }} then 3
                when true_count >= {{ publication_policy('noise_row_2_from') }} then 2
                else 1
            end as noise_row
        from {{ cells }}
    ) as hashed
    inner join {{ ref('noise') }} as noise
        on
            hashed.noise_row = noise.noise_row
            and hashed.cell_hash >= noise.hash_from
            and hashed.cell_hash <= noise.hash_to
{%- endmacro %}

{# How members are shown a count beside a label: null for one to four. #}
{% macro members_count(count) -%}
    cast(case when {{ count }} >= {{ publication_policy('members_least_count') }} then {{ count }} end as integer)
{%- endmacro %}

{# In which public tables of counts a place with a label of activity is counted, by role. #}
{% macro roles_counted() -%}
    {% for table_name, role in [
        ('starts', 'origin'), ('ends', 'exploitation'), ('ends', 'intended_destination'), ('passings', 'transit'),
        ('border_points', 'transit'),
    ] %}
        select
            '{{ table_name }}' as table_name,
            '{{ role }}' as place_role
        {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# Whom a column of such a table counts, as labels name them. Children who passed are not counted in public. #}
{% macro people_counted(column_name) -%}
    case {{ column_name }} when 'child_count' then 'children' when 'movement_count' then 'all' when 'passing_count' then 'all' end
{%- endmacro %}

{# A ratio as a margin of labels: in hundredths of the scale of their noise. #}
{% macro margin_of(ratio) -%}
    ln({{ ratio }}) * 10000 / nullif({{ publication_policy('hotspot_label_scale') }}, 0)
{%- endmacro %}
