-- One row per collection round of the extracts in force, in order of time.
with extracts as (select * from {{ ref('stg_extracts') }} where fate = 'in_force' and round is not null),

rounds as (
    select
        round,
        min(period_from) as period_from,
        max(period_to) as period_to
    from extracts
    group by round
)

select
    round,
    period_from,
    period_to,
    cast(row_number() over (order by period_from nulls last, round nulls last) as integer) as round_number
from rounds
