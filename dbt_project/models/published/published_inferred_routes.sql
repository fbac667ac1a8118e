-- One row per corridor with few known ways and place that its movements likely passed: inferred, not reported.
-- For members only: the public edition has no row.
select
    'members' as edition,
    record_grain,
    corridor_id,
    origin_place_id,
    origin,
    place_number,
    place_id,
    place,
    destination_place_id,
    destination,
    {{ members_count('record_count') }} as record_count,
    {{ members_count_text('record_count') }} as record_count_text,
    exact_share,
    any_share,
    road_exact_share,
    held_back_corridors
from {{ ref('mart_inferred_routes') }}
