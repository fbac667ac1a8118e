-- One row per quarantined record and rule it failed: where the partner finds it, never what it said.
with judged as (select * from {{ ref('judged_records') }} where fate = 'quarantined'),

rules as (select * from {{ ref('record_rules') }} where outcome = 'Q')

select
    judged.extract_id,
    judged.partner,
    judged.partner_code,
    judged.contract,
    judged.record_id,
    judged.record_grain,
    judged.sheet,
    judged.row_number,
    judged.source_row_count,
    rules.rule_code,
    rules.field
from judged
inner join rules on judged.extract_id = rules.extract_id and judged.record_id = rules.record_id
