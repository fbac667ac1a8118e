-- One row per partner's record: the day of the first extract that held it, whatever became of that extract. A corrected
-- or replaced extract leaves the day as it was. Unknown where an extract that held the record has no day.
select
    records.partner,
    records.record_id,
    case when count(*) = count(extracts.delivered_on) then min(extracts.delivered_on) end as first_delivered_on
from {{ ref('stg_records') }} as records
inner join {{ ref('stg_extracts') }} as extracts
    on records.extract_id = extracts.extract_id and records.partner = extracts.partner
group by records.partner, records.record_id
