-- One row per edition and period that its tables count in.
with periods as (select * from {{ ref('int_periods') }}),

new_periods as (select * from {{ ref('int_new_public_periods') }}),

made as (
    select
        'members' as edition,
        period_id,
        period_kind,
        label,
        period_from,
        period_to,
        is_complete
    from periods

    union all

    select
        'public' as edition,
        periods.period_id,
        periods.period_kind,
        periods.label,
        periods.period_from,
        periods.period_to,
        periods.is_complete
    from periods
    inner join new_periods on periods.period_id = new_periods.period_id
)

select * from made

union all

select * from {{ source('carried', 'periods') }}
