-- One row per field, period and grain: how many records state the field, and how many state it precisely.
with stated as (select * from {{ ref('int_stated_fields') }}),

movements as (select * from {{ ref('int_movements') }})

select
    stated.field,
    membership.period_id,
    movements.record_grain,
    cast(count(*) as bigint) as record_count,
    cast(sum(stated.is_known) as bigint) as known_count,
    {{ rounded('cast(sum(stated.is_known) as double) / count(*)', 6) }} as known_share,
    {{ rounded('cast(sum(stated.is_precise) as double) / count(*)', 6) }} as precise_share
from stated
inner join movements on stated.movement_id = movements.movement_id
inner join {{ ref('int_period_membership') }} as membership on stated.movement_id = membership.movement_id
group by stated.field, membership.period_id, movements.record_grain
