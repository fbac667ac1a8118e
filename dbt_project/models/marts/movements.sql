-- One row per movement: fct_movements for people, with names and labels in place of ids and codes.
{{ config(materialized='view') }}

with movements as (select * from {{ ref('fct_movements') }}),

places as (select * from {{ ref('dim_place') }}),

codes as (select * from {{ ref('dim_code') }}),

labels as (
    select
        bridge.movement_id,
        bridge.domain,
        codes.label
    from {{ ref('bridge_movement_codes') }} as bridge
    inner join codes on bridge.domain = codes.domain and bridge.code = codes.code
),

several as (
    select
        movement_id,
        {{ sorted_codes("case when domain = 'exploitation_type' then label end") }} as exploitation_types,
        {{ sorted_codes("case when domain = 'industry' then label end") }} as industries,
        {{ sorted_codes("case when domain = 'recruitment_method' then label end") }} as recruitment_methods,
        {{ sorted_codes("case when domain = 'means_of_control' then label end") }} as means_of_control,
        {{ sorted_codes("case when domain = 'transport_mode' then label end") }} as transport_modes
    from labels
    group by movement_id
)

select
    movements.movement_id,
    movements.record_grain,
    statuses.label as trafficking_status,
    movements.is_counted,
    movements.is_prevented,
    movements.direction,
    origins.name as origin,
    origins.county as origin_county,
    origins.country as origin_country,
    destinations.name as destination,
    destinations.county as destination_county,
    destinations.country as destination_country,
    movements.destination_basis,
    intended.name as intended_destination,
    movements.departed_year,
    movements.departed_quarter,
    movements.departed_month,
    movements.round,
    movements.person_count,
    sexes.label as sex,
    age_bands.label as age_band,
    movements.is_child,
    nationalities.name as nationality,
    several.exploitation_types,
    several.industries,
    several.recruitment_methods,
    several.means_of_control,
    several.transport_modes,
    movements.record_count,
    movements.partner_count
from movements
inner join places as origins on movements.origin_place_id = origins.place_id
inner join places as destinations on movements.destination_place_id = destinations.place_id
left join places as intended on movements.intended_place_id = intended.place_id
left join places as nationalities on movements.nationality = nationalities.place_id
left join codes as statuses
    on movements.trafficking_status = statuses.code and statuses.domain = 'trafficking_status'
left join codes as sexes on movements.sex = sexes.code and sexes.domain = 'sex'
left join codes as age_bands on movements.age_band = age_bands.code and age_bands.domain = 'age_band'
left join several on movements.movement_id = several.movement_id
