-- One row per movement, domain and code: what a movement may have several of.
select
    movement_id,
    domain,
    code
from {{ ref('int_movement_codes') }}
