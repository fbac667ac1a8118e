-- One row per partner, grain and day on which it delivered. Survey rounds say nothing of delays.
select distinct
    partner,
    record_grain,
    delivered_on
from {{ ref('stg_extracts') }}
where delivered_on is not null and record_grain in ('case', 'interception') and round is null
