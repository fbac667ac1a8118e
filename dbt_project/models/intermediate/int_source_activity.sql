-- One row per source, grain, place, role and month in which a partner of the source watched that place and reported.
-- Each distinct declaration once: extracts of a partner repeat it.
select distinct
    source,
    record_grain,
    place_id,
    place_role,
    month_start
from {{ ref('int_extract_activity') }}
