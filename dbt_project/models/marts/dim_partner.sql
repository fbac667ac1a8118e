-- One row per partner that sent an extract, by its keyed code: what it sends, and its name where every contract of it
-- agrees to that.
with extracts as (select * from {{ ref('stg_extracts') }}),

-- A source is called by its first partner.
sources as (
    select distinct
        partner as source,
        partner_code as source_code
    from extracts
),

months as (
    select
        partner_code,
        min({{ month_of('period_from') }}) as first_month,
        max({{ month_of('period_to') }}) as last_month
    from {{ ref('int_movements') }}
    group by partner_code
)

select
    extracts.partner_code,
    max(sources.source_code) as source_code,
    case when count(extracts.partner_name) = count(*) then max(extracts.partner_name) end as partner_name,
    cast(sum(case when extracts.fate = 'in_force' then 1 else 0 end) as integer) as extracts_in_force,
    {{ sorted_codes('extracts.record_grain') }} as record_grains,
    {{ sorted_codes('extracts.data_source') }} as data_sources,
    max(months.first_month) as first_month,
    max(months.last_month) as last_month,
    {{ sorted_codes('extracts.cadence') }} as cadences
from extracts
inner join sources on extracts.source = sources.source
left join months on extracts.partner_code = months.partner_code
group by extracts.partner_code
