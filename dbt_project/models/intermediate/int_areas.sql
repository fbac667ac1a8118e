-- One row per edition and place that its tables count at: counties, countries, border points, and the rows that stand
-- for no place: Kenya where the county is not known, what is not known at all, and what is summed up as `fewer`.
with places as (
    select
        place_id,
        name,
        kind,
        country_place_id,
        population
    from {{ ref('int_places') }}
    where kind in ('county', 'country', 'border_point')
),

listed as (
    select
        places.place_id,
        case
            when places.place_id = 'KEN' then 'Kenya, county unknown'
            -- The two sides of a border point often share a name.
            when places.kind = 'border_point' and places.country_place_id <> 'KEN'
                then places.name || ' (' || countries.name || ')'
            else places.name
        end as place,
        case when places.place_id = 'KEN' then 'kenya_county_unknown' else places.kind end as kind,
        countries.name as country,
        places.population
    from places
    left join places as countries on places.country_place_id = countries.place_id

    union all

    select
        'unknown' as place_id,
        'Unknown' as place,
        'unknown' as kind,
        null as country,
        null as population
)

select
    editions.edition,
    listed.place_id,
    listed.place,
    listed.kind,
    listed.country,
    listed.population
from listed
cross join (
    select 'members' as edition
    union all
    select 'public' as edition
) as editions

{% for edition, least in [('members', 'members_least_count'), ('public', 'public_least_count')] %}
    union all

    select
        '{{ edition }}' as edition,
        'fewer' as place_id,
        'Fewer than ' || cast({{ publication_policy(least) }} as {{ text_type() }}) || ' each' as place,
        'fewer' as kind,
        null as country,
        null as population
{% endfor %}
