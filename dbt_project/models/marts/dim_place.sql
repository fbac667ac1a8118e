-- One row per place of the gazetteer, with its codes and position.
with codes as (
    select
        place_id,
        max(case when system = 'pcode' then code end) as pcode,
        max(case when system = 'iso_alpha2' then code end) as iso_alpha2
    from {{ ref('place_codes') }}
    group by place_id
),

countries as (
    select
        place_id,
        max(code) as iso_alpha2
    from {{ ref('place_codes') }}
    where system = 'iso_alpha2'
    group by place_id
),

coordinates as (
    select
        place_id,
        min(lat) as lat,
        min(lon) as lon
    from {{ ref('place_coordinates') }}
    group by place_id
)

select
    places.place_id,
    places.name,
    places.kind,
    places.parent_place_id,
    places.county_place_id,
    places.country_place_id,
    codes.pcode,
    places.iso_alpha3,
    coalesce(codes.iso_alpha2, countries.iso_alpha2) as iso_alpha2,
    places.region,
    coordinates.lat,
    coordinates.lon
from {{ ref('int_places') }} as places
left join codes on places.place_id = codes.place_id
left join countries on places.iso_alpha3 = countries.place_id
left join coordinates on places.place_id = coordinates.place_id
