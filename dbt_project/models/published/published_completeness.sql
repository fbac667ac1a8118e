-- One row per edition, field, period and grain: in which share of movements the field is known. The public edition has
-- cases of closed years, to the nearest five percent.
with completeness as (select * from {{ ref('mart_completeness') }}),

-- A closed year of which so little is known that its total is not shown has no row.
shown_years as (
    select period_id
    from {{ ref('int_protected_cells') }}
    where table_name = 'codes|all' and cell_id = 'total|total' and is_shown
)

select
    'members' as edition,
    period_id,
    record_grain,
    field,
    known_share
from completeness

union all

select
    'public' as edition,
    completeness.period_id,
    completeness.record_grain,
    completeness.field,
    round(completeness.known_share * 20) / 20 as known_share
from completeness
inner join shown_years on completeness.period_id = shown_years.period_id
where completeness.record_grain = 'case'
