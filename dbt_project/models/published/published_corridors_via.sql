-- One row per edition, period, start, place passed and end. A case stands in a row for each place it passed, so rows
-- overlap. For members alone, small ones summed in the row `fewer`: in public they cost more protection than they tell.
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
where table_name = 'corridors_via' and edition = 'members'
