-- One row per movement once the records of one person are joined: a movement is called by its smallest record.
with records as (
    select
        movements.movement_id as record_id,
        movements.partner,
        movements.departed_month,
        coalesce(linked.movement_id, movements.movement_id) as movement_id,
        case coalesce(linked.linkage_tier, 'not_linked')
            when 'name_codes' then 1
            when 'rich_form' then 2
            when 'poor_form' then 3
            else 4
        end as weakness
    from {{ ref('int_movements') }} as movements
    left join {{ ref('stg_linked_records') }} as linked on movements.movement_id = linked.record_id
),

joined as (
    select
        movement_id,
        max(case when record_id = movement_id then partner end) as partner,
        max(case when record_id = movement_id then departed_month end) as departed_month,
        count(*) as record_count,
        count(distinct partner) as partner_count,
        max(weakness) as weakness
    from records
    group by movement_id
)

select
    joined.movement_id,
    joined.partner,
    joined.departed_month,
    cast(joined.record_count as integer) as record_count,
    cast(joined.partner_count as integer) as partner_count,
    case joined.weakness
        when 1 then 'name_codes'
        when 2 then 'rich_form'
        when 3 then 'poor_form'
        else 'not_linked'
    end as linkage_tier,
    route_groups.route_group_id
from joined
left join {{ ref('stg_route_groups') }} as route_groups on joined.movement_id = route_groups.record_id
