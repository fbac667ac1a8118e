-- One row per period that the public edition shows from this release on, or anew: a closed year or round with enough in
-- it to show its total. A period with less waits, so that late reports of it are not lost.
with closed as (select * from {{ ref('int_closed_periods') }} where not is_carried),

totals as (
    select
        period_id,
        public_count as total_count
    from {{ ref('int_public_cells') }}
    where table_name = 'total'

    union all

    select
        period_id,
        movement_count as total_count
    from {{ ref('int_cells') }}
    where
        table_name = 'mentions'
        and cell_id = 'round'
        and movement_count >= {{ publication_policy('public_round_least_reports') }}
)

select
    totals.period_id,
    totals.total_count
from totals
inner join closed on totals.period_id = closed.period_id
