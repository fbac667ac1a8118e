-- One row per place that a record mentions, in its role.
select
    extract_id,
    partner,
    record_id,
    place_role,
    seq,
    place_basis,
    transport_mode,
    mention_id
from {{ source('typed', 'place_mentions') }}
