-- Two rows per counted record: where and when its source registered it, to count records; and its witness where and
-- when the first of the witness's records was registered, to count witnesses. What tests count is witnesses.
with movements as (select * from {{ ref('int_movements') }} where is_counted),

registered as (
    select
        movements.movement_id,
        movements.source,
        movements.record_grain,
        {{ month_of('movements.period_from') }} as month_from,
        {{ month_of('movements.period_to') }} as month_to,
        movements.round,
        coalesce(witnesses.witness_id, movements.movement_id) as witness_id,
        case when witnesses.is_numbered then witnesses.witness_id end as numbered_witness_id,
        row_number() over (
            partition by coalesce(witnesses.witness_id, movements.movement_id)
            order by movements.period_from nulls last, movements.source nulls last, movements.movement_id nulls last
        ) as record_number
    from movements
    left join {{ source('linkage', 'witnesses') }} as witnesses on movements.movement_id = witnesses.record_id
)

select
    movement_id,
    source,
    record_grain,
    month_from,
    month_to,
    round,
    1 as record_count,
    cast(null as bigint) as witness_id,
    cast(null as bigint) as numbered_witness_id
from registered

union all

select
    records.movement_id,
    firsts.source,
    firsts.record_grain,
    firsts.month_from,
    firsts.month_to,
    firsts.round,
    0 as record_count,
    records.witness_id,
    records.numbered_witness_id
from registered as records
inner join registered as firsts on records.witness_id = firsts.witness_id and firsts.record_number = 1
