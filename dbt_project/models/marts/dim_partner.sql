-- One row per partner, by its keyed code: what it sends, and its name where its agreement allows it.
select
    partner_code,
    source_code,
    partner_name,
    extracts_in_force,
    record_grains,
    first_month,
    last_month,
    cadences
from {{ ref('int_partners') }}
