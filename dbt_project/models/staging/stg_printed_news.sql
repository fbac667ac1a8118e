-- One row per edition, round, item and role that it tells of.
select
    edition,
    record_grain,
    period_id,
    round,
    role,
    item_kind,
    item,
    place_id,
    evidence_class
from {{ source('disclosure', 'news') }}
