-- One row per record and reason for which an extract withholds it: all that is kept of such a record.
select
    extract_id,
    partner,
    record_id,
    reason,
    is_one_person,
    submission_key
from {{ source('typed', 'withheld_records') }}
