-- One row per partner, grain and day on which it delivered, with the last day reported then. Survey rounds say nothing
-- of delays.
select
    partner,
    record_grain,
    delivered_on,
    max(least(delivered_on, coalesce(period_to, delivered_on))) as reported_to
from {{ ref('stg_extracts') }}
where delivered_on is not null and record_grain in ('case', 'interception') and round is null
group by partner, record_grain, delivered_on
