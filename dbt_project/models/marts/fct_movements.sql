-- One row per movement, as finely as the agreements of its partners allow; of children, and of cases whose age nobody
-- knows, one step coarser (disclosure policy: children_coarser_steps).
-- A movement of several records says what its smallest record says.
with movements as (
    select
        *,
        coalesce(is_child, record_grain = 'case') as is_coarser
    from {{ ref('int_movements') }}
),

places as (select * from {{ ref('int_places') }})

select
    movements.movement_id,
    movements.record_grain,
    movements.trafficking_status,
    movements.is_counted,
    movements.is_prevented,
    movements.direction,
    case when not movements.is_coarser then movements.departed_month end as departed_month,
    {{ quarter_of('movements.departed_month') }} as departed_quarter,
    movements.departed_year,
    movements.round,
    movements.date_precision,
    movements.person_count,
    movements.person_count_low,
    movements.person_count_high,
    movements.count_basis,
    movements.sex,
    movements.age_band,
    movements.is_child,
    movements.nationality,
    {{ place_for_readers('origins', 'movements.origin_place_id', 'movements.is_coarser') }} as origin_place_id,
    {{ place_for_readers('destinations', 'movements.destination_place_id', 'movements.is_coarser') }}
        as destination_place_id,
    movements.destination_basis,
    {{ place_for_readers('intended', 'movements.intended_place_id', 'movements.is_coarser') }} as intended_place_id,
    movements.is_diverted,
    movements.form_label,
    movements.industry,
    movements.recruitment_method,
    linked.record_count,
    linked.partner_count,
    linked.linkage_tier,
    linked.route_group_id,
    movements.annotation_codes
from movements
inner join {{ ref('int_linked_movements') }} as linked on movements.movement_id = linked.movement_id
left join places as origins on movements.origin_place_id = origins.place_id
left join places as destinations on movements.destination_place_id = destinations.place_id
left join places as intended on movements.intended_place_id = intended.place_id
