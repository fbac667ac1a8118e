-- One row per partner, grain, place, role and month in which the partner watched that place and reported.
-- Each distinct declaration once: extracts of a partner repeat it.
select distinct
    partner,
    partner_code,
    record_grain,
    place_id,
    place_role,
    month_start
from {{ ref('int_extract_activity') }}
