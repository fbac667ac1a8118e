-- One row per place that a public table names.
with named as (
    select origin_place_id as place_id from {{ ref('public_corridors') }}
    union
    select destination_place_id as place_id from {{ ref('public_corridors') }}
    union
    select place_id from {{ ref('public_ends') }}
    union
    select place_id from {{ ref('public_hotspots') }}
    union
    select origin_place_id as place_id from {{ ref('public_corridor_shifts') }}
    union
    select destination_place_id as place_id from {{ ref('public_corridor_shifts') }}
    union
    select place_id from {{ ref('public_regional_risk') }}
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
