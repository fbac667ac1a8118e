-- One row per source, grain and round it reported in, with the coverage it declared for it. An empty report counts.
with extracts as (select * from {{ ref('stg_extracts') }} where fate = 'in_force' and round is not null),

covered as (
    select
        extracts.source,
        extracts.record_grain,
        extracts.round,
        coverage.place_id || ' ' || coverage.place_role as place_and_role
    from extracts
    inner join {{ ref('stg_coverage') }} as coverage
        on
            extracts.extract_id = coverage.extract_id
            and extracts.partner = coverage.partner
            and coalesce(coverage.valid_from, extracts.period_to) <= extracts.period_to
            and coalesce(coverage.valid_to, extracts.period_from) >= extracts.period_from
),

declared as (
    select
        source,
        record_grain,
        round,
        {{ sorted_codes('place_and_role') }} as coverage
    from covered
    group by source, record_grain, round
)

select distinct
    extracts.source,
    extracts.record_grain,
    extracts.round,
    rounds.round_number,
    coalesce(declared.coverage, '') as coverage
from extracts
inner join {{ ref('int_rounds') }} as rounds on extracts.round = rounds.round
left join declared
    on
        extracts.source = declared.source
        and extracts.record_grain = declared.record_grain
        and extracts.round = declared.round
