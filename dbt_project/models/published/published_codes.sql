-- One row per edition, attribute, code, period, grain and population with at least one movement.
with cells as (select * from {{ ref('int_published_cells') }} where table_name = 'codes'),

codes as (select * from {{ ref('codes') }})

select
    cells.edition,
    cells.period_id,
    cells.record_grain,
    cells.population,
    cells.domain,
    cells.code,
    coalesce(codes.label, cells.code) as label,
    cells.movement_count,
    cells.movement_count_text,
    cells.share
from cells
left join codes on cells.domain = codes.domain and cells.code = codes.code
