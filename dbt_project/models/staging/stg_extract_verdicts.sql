-- One row per extract and check.
select
    extract_id,
    partner,
    check_name,
    severity,
    passed,
    waived
from {{ source('gates', 'verdicts') }}
