-- One row per extract and failed rule. A record that failed two rules stands in both rows.
with quarantined as (select * from {{ ref('quarantined_records') }}),

rules as (
    select
        rule_code,
        title,
        steward_action
    from {{ ref('quality_rules') }}
    where outcome = 'Q'
)

select
    quarantined.extract_id,
    quarantined.partner_code,
    quarantined.record_grain,
    quarantined.rule_code,
    max(rules.title) as rule_title,
    max(rules.steward_action) as steward_action,
    cast(count(*) as bigint) as record_count,
    cast(sum(quarantined.source_row_count) as bigint) as row_count
from quarantined
left join rules on quarantined.rule_code = rules.rule_code
group by quarantined.extract_id, quarantined.partner_code, quarantined.record_grain, quarantined.rule_code
