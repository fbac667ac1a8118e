-- One row per partner, grain and term: how many rows of its files an agreement, a person's answer or time keeps out of
-- the tables or makes coarser. A row may stand under several terms.
with extracts as (select * from {{ ref('stg_extracts') }} where fate = 'in_force'),

withheld as (
    select
        extracts.partner_code,
        extracts.record_grain,
        refusals.reason as term,
        sum(refusals.row_count) as row_count
    from {{ source('typed', 'refusals') }} as refusals
    inner join extracts on refusals.extract_id = extracts.extract_id and refusals.partner = extracts.partner
    where refusals.reason like 'withheld:%'
    group by extracts.partner_code, extracts.record_grain, refusals.reason
),

waiting_or_gone as (
    select
        partner_code,
        record_grain,
        rule_codes as term,
        sum(source_row_count) as row_count
    from {{ ref('judged_records') }}
    where rule_codes in ('embargoed', 'lag_not_passed', 'withheld_since', 'past_retention')
    group by partner_code, record_grain, rule_codes
),

coarsened as (
    select
        judged.partner_code,
        judged.record_grain,
        'place_coarsened' as term,
        sum(judged.source_row_count) as row_count
    from {{ ref('judged_records') }} as judged
    inner join (
        select distinct movement_id
        from {{ ref('int_movement_stops') }}
        where is_coarsened
    ) as stops on judged.record_id = stops.movement_id
    where judged.fate = 'current'
    group by judged.partner_code, judged.record_grain
)

select
    partner_code,
    record_grain,
    term,
    cast(row_count as bigint) as row_count
from withheld

union all

select
    partner_code,
    record_grain,
    term,
    cast(row_count as bigint) as row_count
from waiting_or_gone

union all

select
    partner_code,
    record_grain,
    term,
    cast(row_count as bigint) as row_count
from coarsened
