{# Tables that both editions print, each of what the protect step lets through for it. #}

{# Every pair of printed ends has a row, whether anybody went there or not: so an absent number says nothing. #}
{% macro printed_corridors(edition) -%}
with counts as (
    select * from {{ ref('stg_printed_counts') }} where edition = '{{ edition }}' and population = 'all'
),

origins as (
    select distinct
        record_grain,
        period_id,
        origin_place_id
    from counts
    where origin_place_id <> '*'
),

destinations as (
    select distinct
        record_grain,
        period_id,
        destination_place_id
    from counts
    where destination_place_id <> '*'
)

select
    origins.record_grain,
    origins.period_id,
    origins.origin_place_id,
    destinations.destination_place_id,
    counts.person_count is not null as is_shown,
    cast(counts.person_count as bigint) as person_count
from origins
inner join destinations
    on origins.record_grain = destinations.record_grain and origins.period_id = destinations.period_id
left join counts
    on
        origins.record_grain = counts.record_grain
        and origins.period_id = counts.period_id
        and origins.origin_place_id = counts.origin_place_id
        and destinations.destination_place_id = counts.destination_place_id
{%- endmacro %}

{# The places at which journeys of a population began or ended; `any` and `*` for the whole period. #}
{% macro printed_ends(edition, population) -%}
select
    record_grain,
    period_id,
    case
        when origin_place_id <> '*' then 'origin'
        when destination_place_id <> '*' then 'destination'
        else 'any'
    end as role,
    -- A country told whole.
    replace(case when origin_place_id <> '*' then origin_place_id else destination_place_id end, '+', '') as place_id,
    cast(person_count as bigint) as person_count
from {{ ref('stg_printed_counts') }}
where
    edition = '{{ edition }}'
    and population = '{{ population }}'
    and (origin_place_id = '*' or destination_place_id = '*')
    -- A country told whole is what children are told by: beside its row of `ends` it would be a second one.
    and not (population = 'all' and (origin_place_id like '%+' or destination_place_id like '%+'))
{%- endmacro %}

{# What cannot be told from the usual has no band: a reader would take it for a finding. #}
{% macro hotspot_band() -%}
    case when hotspots.label <> 'not_distinguished' then {{ factor_band('hotspots.activity_ratio') }} end
{%- endmacro %}

{# Which rows of the CTE `hotspots` may tell their trend. It rests on the last quarters to the end of the row's period, and
   tells that enough of these, and the last of them, were judged: rows of as many must stand in the same table. #}
{% macro told_trends() -%}
    select
        hotspots.place_id,
        hotspots.role,
        hotspots.period_id,
        hotspots.record_grain
    from hotspots
    inner join {{ ref('dim_period') }} as periods on hotspots.period_id = periods.period_id
    inner join hotspots as steps
        on
            hotspots.place_id = steps.place_id
            and hotspots.role = steps.role
            and hotspots.record_grain = steps.record_grain
    inner join {{ ref('dim_period') }} as quarters
        on
            steps.period_id = quarters.period_id
            and quarters.period_kind = 'quarter'
            and quarters.period_to <= periods.period_to
    cross join (
        select
            max(case when name = 'trend_quarters' then cast(value as integer) end) as most,
            max(case when name = 'trend_minimum_quarters' then cast(value as integer) end) as least
        from {{ ref('statistics_policy') }}
    ) as policy
    where quarters.period_to > {{ months_after('periods.period_to', '-3 * policy.most') }}
    group by hotspots.place_id, hotspots.role, hotspots.period_id, hotspots.record_grain, periods.period_to, policy.least
    having count(*) >= policy.least and max(quarters.period_to) = periods.period_to
{%- endmacro %}

{# Measured places of which an edition may speak, as CTE `hotspots`. A figure may stand beside a county only, and only
   where all its records are compared: of some of them it would tell how many the others are. #}
{% macro spoken_hotspots(edition) -%}
    select
        hotspots.*,
        lines.tells_figures
        and hotspots.place_level = 'county'
        and hotspots.compared_record_count is not distinct from hotspots.record_count as tells_figures
    from {{ ref('mart_hotspots') }} as hotspots
    inner join {{ ref('stg_printed_lines') }} as lines
        on
            lines.edition = '{{ edition }}'
            and lines.counting_table = 'hotspots'
            and hotspots.role = lines.counting_role
            and hotspots.place_id = lines.counting_id
            and hotspots.period_id = lines.period_id
            and hotspots.record_grain = lines.record_grain
    where hotspots.population = 'all'
{%- endmacro %}

{# Rated counties where each role that the composite is made of may be spoken of. A figure may stand where all that the
   composite is made of may have figures: a change is told nowhere else, and would be the one unknown. #}
{% macro spoken_ratings(edition) -%}
    select
        ratings.*,
        seen.tells_figures
        and ratings.change_ratio is null
        and not exists (
            select 1
            from {{ ref('mart_places') }} as places
            where
                ratings.place_id = places.place_id
                and ratings.period_id = places.period_id
                and ratings.record_grain = places.record_grain
                and places.population = 'all'
                and places.role in ('origin', 'transit', 'exploitation')
                and places.compared_record_count is distinct from places.record_count
        ) as tells_figures
    from {{ ref('mart_regional_risk') }} as ratings
    inner join (
        select
            counting_id as place_id,
            period_id,
            record_grain,
            max(case when counting_role = 'origin' then 1 else 0 end) as has_origin,
            max(case when counting_role = 'transit' then 1 else 0 end) as has_transit,
            max(case when counting_role = 'exploitation' then 1 else 0 end) as has_exploitation,
            min(case when tells_figures then 1 else 0 end) = 1 as tells_figures
        from {{ ref('stg_printed_lines') }}
        where
            edition = '{{ edition }}'
            and counting_table = 'hotspots'
            and counting_role in ('origin', 'transit', 'exploitation')
        group by counting_id, period_id, record_grain
    ) as seen
        on
            ratings.place_id = seen.place_id
            and ratings.period_id = seen.period_id
            and ratings.record_grain = seen.record_grain
    where
        (ratings.origin_ratio is null or seen.has_origin = 1)
        and (ratings.transit_ratio is null or seen.has_transit = 1)
        and (ratings.exploitation_ratio is null or seen.has_exploitation = 1)
{%- endmacro %}

{# Judged shifts with both windows let through; figures where both may tell them. Of a corridor that came or went one
   window is nobody's: that is a line of its own, `od_of_nobody`. #}
{% macro spoken_shifts(edition) -%}
    select
        shifts.*,
        baselines.tells_figures and currents.tells_figures as tells_figures
    from {{ ref('mart_corridor_shifts') }} as shifts
    inner join {{ ref('stg_printed_lines') }} as baselines
        on
            baselines.edition = '{{ edition }}'
            and baselines.counting_table = 'corridors'
            and baselines.counting_role
            = case when shifts.status in ('emerging', 'new_source') then 'od_of_nobody' else 'od' end
            and shifts.corridor_id = baselines.counting_id
            and shifts.record_grain = baselines.record_grain
            and shifts.baseline_window = baselines.period_id
    inner join {{ ref('stg_printed_lines') }} as currents
        on
            currents.edition = '{{ edition }}'
            and currents.counting_table = 'corridors'
            and currents.counting_role = case when shifts.status = 'abandoned' then 'od_of_nobody' else 'od' end
            and shifts.corridor_id = currents.counting_id
            and shifts.record_grain = currents.record_grain
            and shifts.current_window = currents.period_id
    where shifts.level = 'od'
{%- endmacro %}

{# Corridors that fell and are named beside one that rose, if each of them stands in the same table; or none. #}
{% macro told_displaced(shifts) -%}
    case
        when not exists (
            select 1
            from {{ ref('mart_corridor_shifts') }} as fallen
            where
                fallen.level = 'od'
                and fallen.record_grain = {{ shifts }}.record_grain
                and fallen.baseline_window = {{ shifts }}.baseline_window
                and fallen.current_window = {{ shifts }}.current_window
                and ';' || {{ shifts }}.displaced_from || ';' like '%;' || fallen.corridor_id || ';%'
                and fallen.corridor_id not in (
                    select told.corridor_id
                    from shifts as told
                    where
                        told.record_grain = fallen.record_grain
                        and told.baseline_window = fallen.baseline_window
                        and told.current_window = fallen.current_window
                )
        ) then {{ shifts }}.displaced_from
    end
{%- endmacro %}

{# One row per period that a printed table of the edition names; `tables` maps each to its columns of periods. #}
{% macro printed_periods(tables) -%}
with named as (
    {% for table, columns in tables.items() %}
        {% for column in columns %}
            select {{ column }} as period_id from {{ ref(table) }}
            {{ 'union' if not loop.last }}
        {% endfor %}
        {{ 'union' if not loop.last }}
    {% endfor %}
)

select
    periods.period_id,
    periods.period_kind,
    periods.label,
    periods.period_from,
    periods.period_to
from {{ ref('dim_period') }} as periods
inner join named on periods.period_id = named.period_id
{%- endmacro %}

{# One row per period and grain that a printed table of the edition names; `tables` as above. #}
{% macro printed_reported_periods(edition, tables) -%}
with named as (
    {% for table, columns in tables.items() %}
        {% for column in columns %}
            select
                {{ column }} as period_id,
                record_grain
            from {{ ref(table) }}
            {{ 'union' if not loop.last }}
        {% endfor %}
        {{ 'union' if not loop.last }}
    {% endfor %}
)

select
    named.period_id,
    named.record_grain,
    reporting.told <> 'whole' as is_partial,
    nullif(reporting.told, 'whole') as partial_reason
from named
left join {{ ref('stg_printed_reporting') }} as reporting
    on
        reporting.edition = '{{ edition }}'
        and reporting.place_id = '*'
        and named.period_id = reporting.period_id
        and named.record_grain = reporting.record_grain
{%- endmacro %}

{# One row per place that a printed table of the edition names; `tables` maps each to its columns of places. #}
{% macro printed_places(tables) -%}
with named as (
    {% for table, columns in tables.items() %}
        {% for column in columns %}
            select {{ column }} as place_id from {{ ref(table) }}
            {{ 'union' if not loop.last }}
        {% endfor %}
        {{ 'union' if not loop.last }}
    {% endfor %}
)

select
    places.place_id,
    places.name,
    places.kind,
    places.country_place_id,
    places.pcode,
    places.iso_alpha3,
    places.iso_alpha2,
    places.region,
    places.lat,
    places.lon
from {{ ref('dim_place') }} as places
inner join named on places.place_id = named.place_id
{%- endmacro %}
