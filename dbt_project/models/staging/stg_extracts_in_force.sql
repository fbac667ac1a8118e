-- One row per landed extract: may it feed the marts?
select
    extract_id,
    partner,
    fate,
    reason
from {{ source('gates', 'in_force') }}
