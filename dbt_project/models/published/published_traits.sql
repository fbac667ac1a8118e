-- One row per edition, period, trait and code. Of sex, age and what dates them each case has one code, `unknown`
-- included; of exploitation, transport and recruitment none or several. Members' small ones are summed in the code
-- `fewer`.
with fewer as (select * from {{ ref('int_areas') }} where place_id = 'fewer'),

codes as (select * from {{ ref('codes') }}),

made as (
    select
        traits.edition,
        traits.period_id,
        traits.trait,
        traits.code,
        coalesce(fewer.place, codes.label, traits.code) as label,
        traits.trait_count
    from {{ ref('int_edition_rows') }} as traits
    left join fewer on traits.edition = fewer.edition and traits.code = fewer.place_id
    left join codes
        on
            case traits.trait when 'dated_by' then 'event_kind' else traits.trait end = codes.domain
            and traits.code = codes.code
    where traits.table_name = 'traits'
)

select * from made

union all

select * from {{ source('carried', 'traits') }}
