-- One row per edition, period and place where cases end. Rows are disjoint: each case has one end, where people were
-- exploited, last known, or only promised to go: three counts that add up. Small places are summed in the row `fewer`.
select
    edition,
    period_id,
    place_id,
    place,
    movement_count,
    exploited_count,
    last_known_count,
    intended_count,
    child_count,
    comparison,
    change,
    like_count,
    like_earlier_count
from {{ ref('int_edition_rows') }}
where table_name = 'ends'

union all

select * from {{ source('carried', 'ends') }}
