-- One row per source, grain, campaign and place in force: records of these days there say nothing of shifts.
select distinct
    extracts.source,
    extracts.record_grain,
    campaigns.place_id,
    campaigns.valid_from,
    campaigns.valid_to
from {{ ref('stg_campaigns') }} as campaigns
inner join {{ ref('stg_extracts') }} as extracts
    on campaigns.extract_id = extracts.extract_id and campaigns.partner = extracts.partner
inner join {{ ref('stg_extracts_in_force') }} as in_force
    on campaigns.extract_id = in_force.extract_id and campaigns.partner = in_force.partner
where in_force.fate = 'in_force'
