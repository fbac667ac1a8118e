-- One row per corridor, direction and first month of an alert.
select
    corridor_id,
    origin_place_id,
    destination_place_id,
    direction,
    first_month,
    newest_month,
    alerted_month,
    is_in_force,
    expected_record_count,
    expected_low,
    expected_high,
    record_count,
    monthly_baseline,
    share_odds_ratio,
    leave_one_out_low,
    leave_one_out_high,
    partner_count,
    evidence
from {{ source('statistics', 'alerts') }}
