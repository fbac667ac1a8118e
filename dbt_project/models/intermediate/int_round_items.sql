-- One row per partner, grain, round and thing it named.
select distinct
    partner,
    record_grain,
    round,
    item_kind,
    item,
    item_role,
    place_id
from {{ ref('int_movement_items') }}
