-- One row per period that the public edition shows from this release on, or anew: a closed year or round with enough in
-- it to show its total. A period with less waits, so that late reports of it are not lost.
select
    period_id,
    public_count as total_count
from {{ ref('int_public_cells') }}
where table_name = 'total' or (table_name = 'mentions' and trait = 'round')
