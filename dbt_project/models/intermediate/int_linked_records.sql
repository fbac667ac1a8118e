-- One row per record: which movement it is part of once the records of one person are joined, and its linkage
-- tier: how far its person can be told apart.
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
