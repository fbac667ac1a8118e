-- One row per period that tables count in: quarters, years, 12 months ending with a quarter, rounds.
with months as (select * from {{ ref('int_calendar_months') }}),

quarters as (
    select
        year_number,
        quarter_number,
        cast(year_number as {{ text_type() }}) || '-Q' || cast(quarter_number as {{ text_type() }}) as label,
        min(month_start) as period_from
    from months
    group by year_number, quarter_number
),

periods as (
    select
        label as period_id,
        'quarter' as period_kind,
        label,
        period_from,
        {{ days_after(months_after('period_from', 3), -1) }} as period_to
    from quarters

    union all

    select
        cast(year_number as {{ text_type() }}) as period_id,
        'year' as period_kind,
        cast(year_number as {{ text_type() }}) as label,
        min(month_start) as period_from,
        {{ days_after(months_after('min(month_start)', 12), -1) }} as period_to
    from months
    group by year_number

    union all

    select
        label || '-12m' as period_id,
        'rolling_12_months' as period_kind,
        '12 months to ' || label as label,
        {{ months_after('period_from', -9) }} as period_from,
        {{ days_after(months_after('period_from', 3), -1) }} as period_to
    from quarters

    union all

    select
        'round-' || round as period_id,
        'round' as period_kind,
        round as label,
        period_from,
        period_to
    from {{ ref('int_rounds') }}
)

select
    period_id,
    period_kind,
    label,
    period_from,
    period_to,
    {{ is_complete('period_to') }} as is_complete
from periods
