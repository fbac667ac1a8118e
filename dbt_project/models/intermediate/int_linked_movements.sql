-- One row per movement once the records of one person are joined: a movement is called by its smallest record.
with records as (select * from {{ ref('int_linked_records') }}),

joined as (
    select
        movement_id,
        count(*) as record_count,
        count(distinct source) as partner_count,
        max(weakness) as weakness
    from records
    group by movement_id
)

select
    joined.movement_id,
    cast(joined.record_count as integer) as record_count,
    cast(joined.partner_count as integer) as partner_count,
    {{ weakest_tier('joined.weakness') }} as linkage_tier,
    route_groups.route_group_id
from joined
left join {{ source('linkage', 'route_groups') }} as route_groups on joined.movement_id = route_groups.record_id
