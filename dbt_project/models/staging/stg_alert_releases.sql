-- One row per alert that a steward released to the public.
select
    corridor_id,
    direction,
    first_month
from {{ source('gates', 'alert_releases') }}
