-- One row per edition, period and direction. Rows are disjoint: each case has one direction.
select
    edition,
    period_id,
    direction,
    movement_count,
    child_count,
    comparison,
    change,
    like_count,
    like_earlier_count
from {{ ref('int_edition_rows') }}
where table_name = 'directions'

union all

select * from {{ source('carried', 'directions') }}
