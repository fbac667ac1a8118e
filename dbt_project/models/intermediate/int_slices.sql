-- One row per slice: a period, grain and population that movements are counted in, with its number.
select distinct
    slice_number,
    period_id,
    record_grain,
    population
from {{ ref('int_tally_slices') }}
