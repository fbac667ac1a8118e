-- One row per alert: a corridor whose monthly records lately left the range that its partners' own level lets expect,
-- up or down. In force: the deviations still add up to an alert in the newest complete month.
select
    alerts.level,
    alerts.corridor_id,
    alerts.origin_place_id,
    origins.name as origin,
    alerts.via_place_id,
    vias.name as via,
    alerts.destination_place_id,
    destinations.name as destination,
    alerts.record_grain,
    alerts.direction,
    alerts.first_month,
    alerts.alerted_month,
    alerts.newest_month,
    alerts.is_in_force,
    cast(alerts.record_count as bigint) as record_count,
    alerts.expected_record_count,
    alerts.expected_low,
    alerts.expected_high,
    alerts.monthly_baseline,
    alerts.share_odds_ratio,
    alerts.leave_one_out_low,
    alerts.leave_one_out_high,
    cast(alerts.partner_count as integer) as partner_count,
    alerts.evidence,
    alerts.is_released
from {{ ref('int_alerts') }} as alerts
inner join {{ ref('int_places') }} as origins on alerts.origin_place_id = origins.place_id
inner join {{ ref('int_places') }} as destinations on alerts.destination_place_id = destinations.place_id
left join {{ ref('int_places') }} as vias on alerts.via_place_id = vias.place_id
