-- One row per thing that typing found wrong.
select
    extract_id,
    partner,
    record_id,
    field,
    outcome,
    problem_code as rule_code
from {{ source('typed', 'problems') }}
