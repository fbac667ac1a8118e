-- One row per source, grain, corridor, span of months that the dates allow, and round: counted records, for shifts.
with movements as (select * from {{ ref('int_movements') }} where is_counted),

-- Of a campaign at named places: reported in its days, with a stop there.
campaigns as (
    select distinct movements.movement_id
    from movements
    inner join {{ ref('int_campaigns') }} as campaigns
        on
            movements.source = campaigns.source
            and movements.record_grain = campaigns.record_grain
            and movements.period_from <= campaigns.valid_to
            and movements.period_to >= campaigns.valid_from
    inner join {{ ref('int_movement_stops') }} as stops
        on
            movements.movement_id = stops.movement_id
            and campaigns.place_id
            in (stops.place_id, stops.counting_place_id, stops.via_place_id, stops.country_place_id)
)

select
    movements.source,
    movements.record_grain,
    corridors.corridor_level,
    corridors.corridor_id,
    corridors.origin_place_id,
    corridors.via_place_id,
    corridors.destination_place_id,
    {{ month_of('movements.period_from') }} as month_from,
    {{ month_of('movements.period_to') }} as month_to,
    movements.round,
    count(*) as record_count,
    count(campaigns.movement_id) as campaign_count
from {{ ref('int_corridor_movements') }} as corridors
inner join movements on corridors.movement_id = movements.movement_id
left join campaigns on movements.movement_id = campaigns.movement_id
group by
    movements.source,
    movements.record_grain,
    corridors.corridor_level,
    corridors.corridor_id,
    corridors.origin_place_id,
    corridors.via_place_id,
    corridors.destination_place_id,
    {{ month_of('movements.period_from') }},
    {{ month_of('movements.period_to') }},
    movements.round
