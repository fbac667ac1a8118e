-- One row per collection round of the extracts in force, in order of time.
with extracts as (
    select extracts.*
    from {{ ref('stg_extracts') }} as extracts
    inner join {{ ref('stg_extracts_in_force') }} as in_force
        on extracts.extract_id = in_force.extract_id and extracts.partner = in_force.partner
    where in_force.fate = 'in_force' and extracts.round is not null
),

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
