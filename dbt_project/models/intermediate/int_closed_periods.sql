-- One row per calendar year and round that ended long enough ago for the public edition.
-- A carried one is published already: its rows are those of the newest release that published it.
with periods as (select * from {{ ref('int_periods') }}),

carried as (select * from {{ source('carried', 'periods') }})

select
    periods.period_id,
    periods.period_kind,
    carried.period_id is not null as is_carried
from periods
left join carried on periods.period_id = carried.period_id
where
    periods.period_kind in ('year', 'round')
    and {{ days_after('periods.period_to', publication_policy('public_delay_days')) }} <= {{ as_of_date() }}
