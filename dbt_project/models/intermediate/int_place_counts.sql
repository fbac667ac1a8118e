-- One row per place, role, span of months that the dates allow, round, grain, population and source: what the source
-- reported there, as counted records and their witnesses.
select
    stops.place_level,
    stops.place_id,
    stops.place_role,
    counted.month_from,
    counted.month_to,
    counted.round,
    counted.record_grain,
    populations.population,
    counted.source,
    cast(sum(counted.record_count) as bigint) as record_count,
    count(distinct counted.witness_id) as witness_count,
    count(distinct counted.numbered_witness_id) as numbered_count
from {{ ref('int_stop_places') }} as stops
inner join {{ ref('int_witnesses') }} as counted on stops.movement_id = counted.movement_id
inner join {{ ref('int_movement_populations') }} as populations on stops.movement_id = populations.movement_id
group by
    stops.place_level,
    stops.place_id,
    stops.place_role,
    counted.month_from,
    counted.month_to,
    counted.round,
    counted.record_grain,
    populations.population,
    counted.source
