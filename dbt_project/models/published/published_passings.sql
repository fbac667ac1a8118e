-- One row per edition, period and county or country that cases passed. A case stands in a row for each, so rows
-- overlap. Members' small ones are summed in the row `fewer`.
select
    edition,
    period_id,
    place_id,
    place,
    passing_count,
    comparison,
    change,
    like_count,
    like_earlier_count
from {{ ref('int_edition_rows') }}
where table_name = 'passings'

union all

select * from {{ source('carried', 'passings') }}
