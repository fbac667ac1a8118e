-- One row per movement once the records of one person are joined: a movement is called by its smallest record.
with records as (select * from {{ ref('int_linked_records') }}),

joined as (
    select
        movement_id,
        max(case when record_id = movement_id then source end) as source,
        max(case when record_id = movement_id then departed_month end) as departed_month,
        count(*) as record_count,
        count(distinct source) as partner_count,
        max(weakness) as weakness
    from records
    group by movement_id
)

select
    joined.movement_id,
    joined.source,
    joined.departed_month,
    cast(joined.record_count as integer) as record_count,
    cast(joined.partner_count as integer) as partner_count,
    {{ weakest_tier('joined.weakness') }} as linkage_tier,
    route_groups.route_group_id
from joined
left join {{ ref('stg_route_groups') }} as route_groups on joined.movement_id = route_groups.record_id
