-- One row per place and role that a partner watches, as declared with an extract. Repeated places appear once.
select distinct
    extract_id,
    partner,
    place_id,
    role as place_role,
    valid_from,
    valid_to
from {{ source('typed', 'coverage') }}
