-- One row per rule that a landed record met: found by typing, in its places, or across its fields.
with records as (select * from {{ ref('stg_records') }}),

extracts as (select * from {{ ref('stg_extracts') }}),

matches as (select * from {{ ref('stg_place_matches') }}),

rules as (select * from {{ ref('quality_rules') }}),

codes as (select * from {{ ref('codes') }}),

releases as (
    select
        record_id,
        rule_code,
        'Q' as outcome
    from {{ source('gates', 'row_decisions') }}
    where decision = 'release'
),

stated_codes as (
    select
        extract_id,
        record_id,
        domain,
        code
    from {{ source('typed', 'record_codes') }}
    where domain <> 'nationality'

    union all

    select
        extract_id,
        record_id,
        'sex' as domain,
        sex as code
    from records
    where sex is not null

    union all

    select
        extract_id,
        record_id,
        'age_band' as domain,
        age_band as code
    from records
    where age_band is not null

    union all

    select
        extract_id,
        record_id,
        'trafficking_status' as domain,
        trafficking_status as code
    from records
    where trafficking_status is not null
),

-- A match carries `flag:twin_assumed;unk:…`: between delimiters each code is found whole, never as a part of another.
code_lists as (
    select distinct problem_codes
    from matches
    where problem_codes is not null
),

list_rules as (
    select
        code_lists.problem_codes,
        rules.outcome,
        rules.rule_code
    from code_lists
    inner join rules on ';' || replace(code_lists.problem_codes, ':', ';') || ';' like '%;' || rules.rule_code || ';%'
    where rules.outcome <> 'Q'
),

match_rules as (
    select
        matches.mention_id,
        list_rules.outcome,
        list_rules.rule_code
    from matches
    inner join list_rules on matches.problem_codes = list_rules.problem_codes
),

mentions as (
    select
        mentions.extract_id,
        mentions.record_id,
        mentions.place_role,
        mentions.mention_id,
        coalesce(
            matches.place_id <> 'unknown' or matches.country_alpha3 is not null or matches.geo_precision = 'region',
            false
        ) as is_resolved
    from {{ ref('stg_place_mentions') }} as mentions
    left join matches on mentions.mention_id = matches.mention_id
),

-- A partner's own location is no stop of a journey, except where it only counts people passing a point.
placed as (
    select
        records.extract_id,
        records.record_id
    from records
    inner join mentions on records.extract_id = mentions.extract_id and records.record_id = mentions.record_id
    where
        mentions.is_resolved
        and (mentions.place_role <> 'observation' or records.record_grain = 'flow_count')
    group by records.extract_id, records.record_id
),

met as (
    select
        extract_id,
        record_id,
        outcome,
        problem_code as rule_code,
        field
    from {{ source('typed', 'problems') }}
    where record_id is not null

    union all

    select
        mentions.extract_id,
        mentions.record_id,
        match_rules.outcome,
        match_rules.rule_code,
        'place(' || mentions.place_role || ')' as field
    from mentions
    inner join match_rules on mentions.mention_id = match_rules.mention_id

    union all

    select
        records.extract_id,
        records.record_id,
        'Q' as outcome,
        'no_place_resolved' as rule_code,
        'place' as field
    from records
    left join placed on records.extract_id = placed.extract_id and records.record_id = placed.record_id
    where placed.record_id is null

    union all

    select
        records.extract_id,
        records.record_id,
        'Q' as outcome,
        'departs_after_receipt' as rule_code,
        'event_on' as field
    from records
    inner join extracts on records.extract_id = extracts.extract_id and records.partner = extracts.partner
    where records.event_on > extracts.received_on

    union all

    -- A contract that maps to an unlisted code quarantines its own records; the release goes on.
    select
        stated_codes.extract_id,
        stated_codes.record_id,
        'Q' as outcome,
        'code_not_listed' as rule_code,
        stated_codes.domain as field
    from stated_codes
    left join codes on stated_codes.domain = codes.domain and stated_codes.code = codes.code
    where codes.code is null

    union all

    -- Landing withholds these already; this rule also stops one that a wrong contract lets through.
    select
        extract_id,
        record_id,
        'Q' as outcome,
        'consent_missing' as rule_code,
        'consent_state' as field
    from records
    where consent_state in ('refused', 'withdrawn', 'not_recorded') and record_grain in ('case', 'interception')

    union all

    select
        extract_id,
        record_id,
        'Q' as outcome,
        'purpose_not_agreed' as rule_code,
        'purpose' as field
    from stated_codes
    where domain = 'purpose'
    group by extract_id, record_id
    having sum(case when code = 'statistics' then 1 else 0 end) = 0

    union all

    select
        extract_id,
        record_id,
        'flag' as outcome,
        'sex_count_conflict' as rule_code,
        'sex' as field
    from records
    where sex = 'mixed' and person_count = 1

    union all

    select
        extract_id,
        record_id,
        'flag' as outcome,
        'child_age_conflict' as rule_code,
        'age_band' as field
    from records
    where
        (is_child and age_band not in ('a00_08', 'a09_17', 'child', 'unknown'))
        or (not is_child and age_band in ('a00_08', 'a09_17', 'child'))
),

rules_met as (
    select
        extract_id,
        record_id,
        outcome,
        rule_code,
        min(field) as field
    from met
    group by extract_id, record_id, outcome, rule_code
)

-- A rule that a steward released stays listed and no longer quarantines.
select
    rules_met.extract_id,
    rules_met.record_id,
    case when releases.record_id is not null then 'released' else rules_met.outcome end as outcome,
    rules_met.rule_code,
    rules_met.field
from rules_met
left join releases
    on
        rules_met.record_id = releases.record_id
        and rules_met.rule_code = releases.rule_code
        and rules_met.outcome = releases.outcome
