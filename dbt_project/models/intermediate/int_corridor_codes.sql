-- One row per corridor, period, grain and population: the codes that most of its counted records state.
{% set most_codes = 1000000 %}
with keys as (select * from {{ ref('int_counting_keys') }}),

lines as (select * from {{ ref('int_counting_lines') }} where counting_table = 'corridors'),

movements as (select * from {{ ref('int_movement_tallies') }} where record_count > 0),

slices as (select * from {{ ref('int_slices') }}),

stated as (
    select
        movement_id,
        domain,
        code
    from {{ ref('int_movement_codes') }}
    where domain in ('transport_mode', 'recruitment_method', 'exploitation_type') and {{ is_informative('code') }}
),

codes as (
    select
        domain,
        code,
        row_number() over (order by domain nulls last, code nulls last) as code_number
    from stated
    group by domain, code
),

described as (
    select
        movements.movement_id,
        movements.tally_number,
        codes.code_number
    from movements
    inner join stated on movements.movement_id = stated.movement_id
    inner join codes on stated.domain = codes.domain and stated.code = codes.code
),

windows as (
    select
        keys.line_number,
        described.tally_number,
        described.code_number,
        count(*) as record_count
    from keys
    inner join lines on keys.line_number = lines.line_number
    inner join described on keys.movement_id = described.movement_id
    group by keys.line_number, described.tally_number, described.code_number
),

counts as (
    select
        windows.line_number,
        tally_slices.slice_number,
        windows.code_number,
        sum(windows.record_count) as record_count
    from windows
    inner join {{ ref('int_tally_slices') }} as tally_slices
        on windows.tally_number = tally_slices.tally_number
    group by windows.line_number, tally_slices.slice_number, windows.code_number
),

-- The largest count, and of equal ones the first code, as one number, of which mod gives the code back below: sorting
-- all codes of each corridor costs more.
mains as (
    select
        counts.line_number,
        counts.slice_number,
        codes.domain,
        max(counts.record_count * {{ most_codes }} + {{ most_codes }} - 1 - counts.code_number) as largest
    from counts
    inner join codes on counts.code_number = codes.code_number
    group by counts.line_number, counts.slice_number, codes.domain
)

select
    lines.counting_role as corridor_level,
    lines.counting_id as corridor_id,
    slices.period_id,
    slices.record_grain,
    slices.population,
    max(case when mains.domain = 'transport_mode' then codes.code end) as main_transport_mode,
    max(case when mains.domain = 'recruitment_method' then codes.code end) as main_recruitment_method,
    max(case when mains.domain = 'exploitation_type' then codes.code end) as main_exploitation_type
from mains
inner join lines on mains.line_number = lines.line_number
inner join slices on mains.slice_number = slices.slice_number
inner join codes on mod(mains.largest, {{ most_codes }}) = {{ most_codes }} - 1 - codes.code_number
group by lines.counting_role, lines.counting_id, slices.period_id, slices.record_grain, slices.population
