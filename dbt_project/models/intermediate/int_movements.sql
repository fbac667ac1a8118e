-- One row per movement. A movement is one record until linkage joins the records of one person;
-- its id is then the smallest record_id of them.
with records as (select * from {{ ref('int_records_current') }}),

ends as (select * from {{ ref('int_movement_stops') }} where stop_number = 1 and is_known),

passing_kenya as (
    select distinct movement_id
    from {{ ref('int_movement_stops') }}
    where place_role = 'transit' and country_place_id = 'KEN'
),

codes as (select * from {{ ref('int_movement_codes') }} where {{ is_informative('code') }}),

main_codes as (
    select
        movement_id,
        domain,
        code
    from (
        select
            movement_id,
            domain,
            code,
            row_number() over (partition by movement_id, domain order by seq nulls last) as code_number
        from codes
    ) as numbered
    where code_number = 1
),

mains as (
    select
        movement_id,
        max(case when domain = 'industry' then code end) as industry,
        max(case when domain = 'recruitment_method' then code end) as recruitment_method
    from main_codes
    group by movement_id
),

placed as (
    select
        records.*,
        coalesce(origin.place_id, 'unknown') as origin_place_id,
        coalesce(origin.counting_place_id, 'unknown') as origin_counting_place_id,
        coalesce(origin.country_place_id, 'unknown') as origin_country_place_id,
        coalesce(intended.place_id, 'unknown') as intended_place_id,
        coalesce(exploitation.place_id, 'unknown') as exploitation_place_id,
        coalesce(exploitation.place_id, intended.place_id, 'unknown') as destination_place_id,
        coalesce(exploitation.counting_place_id, intended.counting_place_id, 'unknown')
            as destination_counting_place_id,
        coalesce(exploitation.country_place_id, intended.country_place_id, 'unknown') as destination_country_place_id,
        case
            when exploitation.place_id is not null then 'exploitation'
            when intended.place_id is not null then 'intended'
        end as destination_basis,
        -- Same country but a county missing on one side: the direction is unknown.
        case
            when exploitation.place_id is null or intended.place_id is null then null
            when exploitation.country_place_id <> intended.country_place_id then true
            when
                exploitation.counting_place_id = intended.counting_place_id and exploitation.counting_place_id <> 'KEN'
                then false
            when exploitation.counting_place_id = 'KEN' or intended.counting_place_id = 'KEN' then null
            else true
        end as is_diverted,
        passing_kenya.movement_id is not null as is_passing_kenya
    from records
    left join ends as origin on records.record_id = origin.movement_id and origin.place_role = 'origin'
    left join
        ends as intended
        on records.record_id = intended.movement_id and intended.place_role = 'intended_destination'
    left join ends as exploitation
        on records.record_id = exploitation.movement_id and exploitation.place_role = 'exploitation'
    left join passing_kenya on records.record_id = passing_kenya.movement_id
)

select
    placed.record_id as movement_id,
    placed.partner,
    placed.partner_code,
    placed.source,
    placed.record_grain,
    placed.trafficking_status,
    placed.is_counted,
    placed.is_prevented,
    placed.round,
    placed.date_precision,
    placed.period_from,
    placed.period_to,
    placed.departed_month,
    placed.departed_year,
    -- The window of departure: the month, or the days that a coarser date allows. Without a date a movement lies in no
    -- calendar period; its round may still be known.
    coalesce(placed.departed_month, placed.period_from, cast('1900-01-01' as date)) as window_from,
    case
        when placed.departed_month is not null then {{ days_after(months_after('placed.departed_month', 1), -1) }}
        else coalesce(placed.period_to, cast('1900-01-01' as date))
    end as window_to,
    placed.person_count,
    placed.person_count_low,
    placed.person_count_high,
    placed.count_basis,
    placed.sex,
    placed.age_band,
    placed.is_child,
    placed.nationality,
    placed.transit_count,
    placed.origin_place_id,
    placed.origin_counting_place_id,
    placed.origin_country_place_id,
    placed.intended_place_id,
    placed.exploitation_place_id,
    placed.destination_place_id,
    placed.destination_counting_place_id,
    placed.destination_country_place_id,
    placed.destination_basis,
    placed.is_diverted,
    case
        when
            placed.origin_country_place_id = 'unknown' or placed.destination_country_place_id = 'unknown'
            then 'unknown'
        when placed.origin_country_place_id = 'KEN' and placed.destination_country_place_id = 'KEN' then 'within'
        when placed.origin_country_place_id = 'KEN' then 'out_of'
        when placed.destination_country_place_id = 'KEN' then 'into'
        when placed.is_passing_kenya then 'through'
        else 'outside'
    end as direction,
    forms.form_label,
    mains.industry,
    mains.recruitment_method,
    placed.annotation_codes,
    placed.protection_key
from placed
left join {{ ref('int_movement_forms') }} as forms on placed.record_id = forms.movement_id and forms.form_number = 1
left join mains on placed.record_id = mains.movement_id
