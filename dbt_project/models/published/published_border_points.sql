-- One row per edition, period and border point: cases that passed it, cases first known there because their start is
-- not stated, and interceptions that stopped people there. A case may pass several. Members' small ones are summed in
-- the row `fewer`.
select
    edition,
    period_id,
    place_id,
    place,
    passing_count,
    first_known_count,
    stopped_count,
    comparison,
    change,
    like_count,
    like_earlier_count
from {{ ref('int_edition_rows') }}
where table_name = 'border_points'

union all

select * from {{ source('carried', 'border_points') }}
