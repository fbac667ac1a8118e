-- One row per source, grain, campaign and place in force: records of these days there say nothing of shifts. A campaign
-- without a place is of all the work of the source.
select distinct
    extracts.source,
    extracts.record_grain,
    campaigns.place_id,
    campaigns.valid_from,
    campaigns.valid_to
from {{ source('typed', 'campaigns') }} as campaigns
inner join {{ ref('stg_extracts') }} as extracts
    on campaigns.extract_id = extracts.extract_id and campaigns.partner = extracts.partner
where extracts.fate = 'in_force'
