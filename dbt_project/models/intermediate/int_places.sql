-- One row per place, with the places above it that counting and coarsening need.
-- Somaliland is a country here: the nearest country above a place is the one that partners named.
{# Any other kind, one that is new included, is finer than a town. #}
{% set no_finer_than_town = "('country', 'province', 'county', 'subcounty', 'border_point', 'town')" %}
with places as (
    select
        place.*,
        -- A border point with the name of a county is marked as one.
        case when counties.place_id is null then place.name else place.name || ' (border point)' end as shown_name
    from {{ ref('places') }} as place
    left join {{ ref('places') }} as counties
        on place.name = counties.name and place.kind = 'border_point' and counties.kind = 'county'
),

lines as (
    select
        place.place_id,
        place.shown_name as name,
        place.kind,
        place.parent_place_id,
        place.iso_alpha3,
        place.region,
        parent.place_id as parent_1,
        parent.kind as kind_1,
        above_2.place_id as parent_2,
        above_2.kind as kind_2,
        above_3.place_id as parent_3,
        above_3.kind as kind_3,
        above_4.place_id as parent_4,
        above_4.kind as kind_4
    from places as place
    left join places as parent on place.parent_place_id = parent.place_id and place.place_id <> parent.place_id
    left join places as above_2 on parent.parent_place_id = above_2.place_id and parent.place_id <> above_2.place_id
    left join places as above_3 on above_2.parent_place_id = above_3.place_id and above_2.place_id <> above_3.place_id
    left join places as above_4 on above_3.parent_place_id = above_4.place_id and above_3.place_id <> above_4.place_id
),

ancestors as (
    select
        place_id,
        name,
        kind,
        parent_place_id,
        iso_alpha3,
        region,
        case
            when kind = 'country' then place_id
            when kind_1 = 'country' then parent_1
            when kind_2 = 'country' then parent_2
            when kind_3 = 'country' then parent_3
            when kind_4 = 'country' then parent_4
            else 'unknown'
        end as country_place_id,
        case
            when kind = 'county' then place_id
            when kind_1 = 'county' then parent_1
            when kind_2 = 'county' then parent_2
            when kind_3 = 'county' then parent_3
        end as county_place_id,
        -- What is finer than a town leaves the work folder as the place that holds it.
        case
            when kind in ('world', 'unknown') then 'unknown'
            when kind in {{ no_finer_than_town }} then place_id
            when kind_1 in {{ no_finer_than_town }} then parent_1
            when kind_2 in {{ no_finer_than_town }} then parent_2
            else 'unknown'
        end as town_place_id
    from lines
)

select
    place_id,
    name,
    kind,
    parent_place_id,
    iso_alpha3,
    region,
    country_place_id,
    county_place_id,
    town_place_id,
    case
        when kind in ('world', 'unknown') then 'unknown'
        when country_place_id = 'KEN' then coalesce(county_place_id, 'KEN')
        else country_place_id
    end as counting_place_id,
    case when kind = 'border_point' then place_id end as border_point_id
from ancestors
