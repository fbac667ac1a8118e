-- One row per edition, period, trait and code. Of sex, age and what dates them each case has one code, `unknown`
-- included; of exploitation, transport and recruitment none or several. Members' small ones are summed in the code
-- `fewer`.
with fewer as (select * from {{ ref('int_areas') }} where place_id = 'fewer'),

codes as (select * from {{ ref('codes') }}),

labels as (
    select
        case domain when 'event_kind' then 'dated_by' else domain end as trait,
        code,
        label
    from codes

    union all

    select
        'sex_age' as trait,
        sexes.code || ' ' || ages.code as code,
        case sexes.code when 'unknown' then 'Sex unknown' else sexes.label end
        || ', '
        || case ages.code when 'unknown' then 'age unknown' else lower(ages.label) end as label
    from codes as sexes
    cross join codes as ages
    where sexes.domain = 'sex' and ages.domain = 'age_band'
),

made as (
    select
        traits.edition,
        traits.period_id,
        traits.trait,
        traits.code,
        coalesce(fewer.place, labels.label, traits.code) as label,
        traits.trait_count
    from {{ ref('int_edition_rows') }} as traits
    left join fewer on traits.edition = fewer.edition and traits.code = fewer.place_id
    left join labels on traits.trait = labels.trait and traits.code = labels.code
    where traits.table_name = 'traits'
)

select * from made

union all

select * from {{ source('carried', 'traits') }}
