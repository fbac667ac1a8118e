-- One row per record and rule that a steward released it from, and per record that a steward left out.
select
    record_id,
    rule_code,
    decision
from {{ source('gates', 'row_decisions') }}
