-- One row per edition, field, period and grain: in which share of movements the field is known. The public edition has
-- cases of closed years with many cases, to the nearest five percent: of few, five percent would be an exact number.
with completeness as (select * from {{ ref('mart_completeness') }}),

new_periods as (select * from {{ ref('int_new_public_periods') }}),

made as (
    select
        'members' as edition,
        period_id,
        record_grain,
        field,
        known_share
    from completeness

    union all

    select
        'public' as edition,
        completeness.period_id,
        completeness.record_grain,
        completeness.field,
        round(completeness.known_share * 20) / 20 as known_share
    from completeness
    inner join new_periods on completeness.period_id = new_periods.period_id
    where
        completeness.record_grain = 'case'
        and new_periods.total_count >= {{ publication_policy('public_least_share_count') }}
)

select * from made

union all

select * from {{ source('carried', 'completeness') }}
