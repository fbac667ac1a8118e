-- One row per landed record of every extract, with exactly one fate and the rules that decided it.
with extracts as (select * from {{ ref('stg_extracts') }}),

extracts_in_force as (select * from extracts where fate = 'in_force'),

-- A later full delivery replaces everything sent before, or everything in its declared period.
-- A declared period takes out each earlier record that lies inside it, whatever the earlier extract declared, and an
-- earlier extract of a period inside it as a whole: its undated records too.
replacements as (
    select
        earlier.extract_id,
        earlier.partner,
        later.period_from,
        later.period_to,
        (
            later.period_from is null
            or coalesce(earlier.period_from >= later.period_from and earlier.period_to <= later.period_to, false)
        ) as is_whole
    from extracts_in_force as earlier
    inner join extracts_in_force as later
        on
            earlier.partner = later.partner
            and earlier.contract = later.contract
            and earlier.sequence < later.sequence
    where later.delivery_mode = 'full'
),

records as (
    select
        records.*,
        extracts.partner_code,
        extracts.contract,
        extracts.fate as extract_fate,
        extracts.sequence,
        extracts.received_on,
        extracts.retention_years
    from {{ ref('stg_records') }} as records
    inner join extracts on records.extract_id = extracts.extract_id and records.partner = extracts.partner
),

typed as (
    select distinct
        extract_id,
        partner
    from records
),

newest_copies as (
    select
        partner,
        record_id,
        max(sequence) as newest_sequence,
        max(submission_key) as submission_key
    from records
    where extract_fate = 'in_force'
    group by partner, record_id
),

-- A record that a partner now withholds is withdrawn with its earlier copies. A person's refusal withdraws every copy
-- in the same file too, but not other persons of a group with a row each. A withdrawal takes effect even if its
-- extract is held: consent is not a matter of quality. So does all that an extract withholds whose
-- records could not be typed: it may have been in force before its landed cells were damaged.
withheld_rows as (
    select
        withheld.*,
        extracts.sequence,
        withheld.reason in (
            'withheld:withdrawn', 'withheld:no_consent', 'withheld:consent_not_recorded', 'withheld:other_purpose'
        ) as is_by_consent
    from {{ source('typed', 'withheld_records') }} as withheld
    inner join extracts on withheld.extract_id = extracts.extract_id and withheld.partner = extracts.partner
    left join typed on withheld.extract_id = typed.extract_id and withheld.partner = typed.partner
    where
        extracts.fate = 'in_force'
        or (extracts.fate = 'held' and withheld.reason = 'withheld:withdrawn')
        or (extracts.fate = 'held' and extracts.rows_landed > 0 and typed.extract_id is null)
),

withheld as (
    select
        partner,
        record_id,
        max(submission_key) as submission_key,
        max(sequence) as newest_sequence,
        max(case when is_by_consent then sequence end) as newest_no,
        max(case when is_by_consent and not coalesce(is_one_person, false) then sequence end) as newest_refusal
    from withheld_rows
    group by partner, record_id
),

replaced as (
    select distinct
        records.extract_id,
        records.record_id
    from records
    inner join replacements
        on records.extract_id = replacements.extract_id and records.partner = replacements.partner
    where
        replacements.is_whole
        or (
            records.period_from >= replacements.period_from
            and records.period_to <= replacements.period_to
        )
),

failed as (
    select
        extract_id,
        record_id,
        {{ sorted_codes('rule_code') }} as rule_codes
    from {{ ref('record_rules') }}
    where outcome = 'Q'
    group by extract_id, record_id
),

noted as (
    select
        extract_id,
        record_id,
        {{ sorted_codes('rule_code') }} as rule_codes
    from {{ ref('record_rules') }}
    where outcome <> 'Q'
    group by extract_id, record_id
),

excluded as (select record_id from {{ source('gates', 'row_decisions') }} where decision = 'exclude'),

permitted as (
    select
        records.*,
        coalesce(
            records.sequence < withheld.newest_sequence or records.sequence <= withheld.newest_refusal, false
        ) as is_withheld_since,
        coalesce(
            {{ months_after('coalesce(records.period_to, records.received_on)', '12 * records.retention_years') }}
            < {{ as_of_date() }},
            false
        ) as is_past_retention
    from records
    left join withheld on records.partner = withheld.partner and records.record_id = withheld.record_id
),

-- Order of the fates: extract, newest copy, permission to use, exclusion by a steward, quality rules, time.
-- An older copy stays superseded when its newest is quarantined or under embargo: the partner has replaced
-- the older one, so publishing it would publish what was withdrawn.
fates as (
    select
        records.*,
        failed.rule_codes as failed_codes,
        noted.rule_codes as annotation_codes,
        replaced.record_id is not null as is_replaced,
        excluded.record_id is not null as is_excluded,
        case
            when records.extract_fate = 'withdrawn' then 'withdrawn'
            when records.extract_fate <> 'in_force' then 'held'
            when records.sequence < newest_copies.newest_sequence then 'superseded'
            when records.is_withheld_since then 'withdrawn'
            when excluded.record_id is not null then 'withdrawn'
            when replaced.record_id is not null then 'withdrawn'
            when records.is_past_retention then 'withdrawn'
            when failed.rule_codes is not null then 'quarantined'
            when records.embargo_until > {{ as_of_date() }} then 'embargoed'
            when {{ days_after('coalesce(records.period_to, records.received_on)', var('lag_days')) }}
                > {{ as_of_date() }}
                then 'embargoed'
            else 'current'
        end as fate
    from permitted as records
    left join newest_copies on records.partner = newest_copies.partner and records.record_id = newest_copies.record_id
    left join replaced on records.extract_id = replaced.extract_id and records.record_id = replaced.record_id
    left join excluded on records.record_id = excluded.record_id
    left join failed on records.extract_id = failed.extract_id and records.record_id = failed.record_id
    left join noted on records.extract_id = noted.extract_id and records.record_id = noted.record_id
),

-- Consent that is refused or taken back at one partner counts at all others, until that partner sends the record anew
-- with a yes. A review, or any other reason, is of the partner alone.
taken_back as (
    select
        coalesce(withheld.submission_key, newest_copies.submission_key) as submission_key,
        min(withheld.partner) as first_partner,
        max(withheld.partner) as last_partner
    from withheld
    left join newest_copies
        on withheld.partner = newest_copies.partner and withheld.record_id = newest_copies.record_id
    where
        withheld.newest_no is not null
        and not coalesce(
            newest_copies.newest_sequence >= withheld.newest_no
            and newest_copies.newest_sequence > coalesce(withheld.newest_refusal, 0),
            false
        )
    group by coalesce(withheld.submission_key, newest_copies.submission_key)
),

permitted_everywhere as (
    select
        fates.*,
        coalesce(taken_back.first_partner <> fates.partner or taken_back.last_partner <> fates.partner, false)
        and fates.fate in ('current', 'quarantined', 'embargoed') as is_taken_back
    from fates
    left join taken_back on fates.submission_key = taken_back.submission_key
),

-- A submission that several partners sent counts once: the record of the partner that sent it first stands for all. It
-- does so while it is quarantined or under embargo, and when a steward left it out. A partner that no longer sends it
-- stands for nothing.
senders as (
    select
        submission_key,
        record_grain,
        partner,
        row_number() over (
            partition by submission_key, record_grain
            order by min(received_on) nulls last, partner nulls last
        ) as sender_number
    from permitted_everywhere
    where submission_key is not null and extract_fate = 'in_force'
    group by submission_key, record_grain, partner
    having
        sum(
            case
                when is_taken_back then 0
                when fate in ('current', 'quarantined', 'embargoed') or (fate = 'withdrawn' and is_excluded) then 1
            end
        ) > 0
),

counted_once as (
    select
        records.*,
        coalesce(records.partner <> senders.partner, false)
        and records.fate in ('current', 'quarantined', 'embargoed')
        and not records.is_taken_back as is_same_submission
    from permitted_everywhere as records
    left join senders
        on
            records.submission_key = senders.submission_key
            and records.record_grain = senders.record_grain
            and senders.sender_number = 1
)

select
    extract_id,
    partner,
    partner_code,
    contract,
    record_id,
    record_grain,
    sheet,
    row_number,
    source_row_count,
    period_from,
    period_to,
    case when is_taken_back then 'withdrawn' when is_same_submission then 'superseded' else fate end as fate,
    case
        when is_taken_back then 'withheld_since'
        when is_same_submission then 'same_submission'
        when fate = 'quarantined' then failed_codes
        when fate = 'superseded' then 'newer_copy'
        when fate = 'withdrawn' and extract_fate = 'withdrawn' then 'extract_withdrawn'
        when fate = 'withdrawn' and is_withheld_since then 'withheld_since'
        when fate = 'withdrawn' and is_excluded then 'row_excluded'
        when fate = 'withdrawn' and is_replaced then 'record_retracted'
        when fate = 'withdrawn' then 'past_retention'
        when fate = 'held' then 'extract_held'
        when fate = 'embargoed' and embargo_until > {{ as_of_date() }} then 'embargoed'
        when fate = 'embargoed' then 'lag_not_passed'
    end as rule_codes,
    annotation_codes
from counted_once
