-- One row per month, from the first month in the data to the month of `as_of`.
with digits as (
    select digit
    from (
        select 0 as digit
        union all
        select 1
        union all
        select 2
        union all
        select 3
        union all
        select 4
        union all
        select 5
        union all
        select 6
        union all
        select 7
        union all
        select 8
        union all
        select 9
    ) as ten
),

spoken_of as (
    -- Tables of others may reach back decades; they have their own periods.
    select period_from as first_day from {{ ref('int_records_current') }} where record_grain <> 'flow_count'
    union all
    select period_from as first_day from {{ ref('stg_extracts') }} where record_grain <> 'flow_count'
    union all
    select received_on as first_day from {{ ref('stg_extracts') }}
),

bounds as (
    -- Nothing before 1990: one wrong date must not make a calendar of centuries.
    select
        greatest(coalesce(min({{ year_of('first_day') }}), {{ year_of(as_of_date()) }}), 1990) as first_year,
        {{ year_of(as_of_date()) }} as last_year
    from spoken_of
),

years as (
    select bounds.first_year + 10 * tens.digit + ones.digit as year_number
    from bounds
    cross join digits as tens
    cross join digits as ones
    where bounds.first_year + 10 * tens.digit + ones.digit <= bounds.last_year
),

months as (
    select
        years.year_number,
        10 * tens.digit + ones.digit as month_number
    from years
    cross join digits as tens
    cross join digits as ones
    where 10 * tens.digit + ones.digit between 1 and 12
),

dated as (
    select
        year_number,
        month_number,
        cast(
            cast(year_number as {{ text_type() }})
            || case when month_number < 10 then '-0' else '-' end
            || cast(month_number as {{ text_type() }})
            || '-01' as date
        ) as month_start
    from months
)

select
    month_start,
    {{ days_after(months_after('month_start', 1), -1) }} as month_end,
    {{ is_complete(days_after(months_after('month_start', 1), -1)) }} as is_complete,
    cast(year_number as integer) as year_number,
    cast(
        case
            when month_number <= 3 then 1 when month_number <= 6 then 2 when month_number <= 9 then 3 else 4
        end as integer
    )
        as quarter_number
from dated
where month_start <= {{ as_of_date() }}
