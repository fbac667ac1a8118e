-- One row per alert, with whether a steward released it to the public.
select
    alerts.*,
    releases.corridor_id is not null as is_released
from {{ ref('stg_alerts') }} as alerts
left join {{ ref('stg_alert_releases') }} as releases
    on
        alerts.corridor_id = releases.corridor_id
        and alerts.direction = releases.direction
        and alerts.first_month = releases.first_month
