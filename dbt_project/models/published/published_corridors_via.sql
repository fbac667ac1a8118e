-- One row per edition, period, start, place passed and end. A case stands in a row for each place it passed, so rows
-- overlap. Members' small ones are summed in the row `fewer`; the public edition has border points alone.
select
    edition,
    period_id,
    start_place_id,
    start_place,
    via_place_id,
    via_place,
    end_place_id,
    end_place,
    passing_count
from {{ ref('int_edition_rows') }}
where table_name = 'corridors_via'

union all

select * from {{ source('carried', 'corridors_via') }}
