-- One row per edition, survey round and thing that its route reports mention: a corridor, a place, or the round as a
-- whole. A report says that a road is used, not by whom. Mentions overlap. The public edition lists, without a number,
-- what enough reports of a closed round name, counted with noise; of the round it says how many reports there were,
-- with noise.
select
    edition,
    period_id,
    row_id as mention_id,
    trait as subject,
    start_place_id,
    start_place,
    via_place_id,
    via_place,
    end_place_id,
    end_place,
    place_id,
    place,
    mention_count
from {{ ref('int_edition_rows') }}
where table_name = 'mentions'

union all

select * from {{ source('carried', 'mentions') }}
