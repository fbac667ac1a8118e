-- One row per movement and form: a type of exploitation, with the industry where it says more than the type.
with codes as (select * from {{ ref('int_movement_codes') }} where {{ is_informative('code') }}),

labels as (select * from {{ ref('codes') }}),

types as (
    select
        codes.movement_id,
        codes.code,
        codes.seq,
        labels.label,
        codes.code in (
            'forced_labour', 'child_labour', 'debt_bondage', 'involuntary_servitude', 'slavery', 'slavery_like', 'other'
        ) as is_labour,
        count(*) over (partition by codes.movement_id) as type_count
    from codes
    inner join labels on codes.domain = labels.domain and codes.code = labels.code
    where codes.domain = 'exploitation_type'
),

-- Some activities belong to one type: beside another type of the same movement they would make a form nobody told.
industries as (
    select
        codes.movement_id,
        codes.code,
        codes.seq,
        labels.label,
        case codes.code
            when 'commercial_sex' then 'sexual_exploitation'
            when 'domestic_work' then 'domestic_servitude'
            when 'illicit_activity' then 'forced_criminality'
        end as own_type,
        codes.code in ('marriage', 'military', 'begging') as is_said_by_type
    from codes
    inner join labels on codes.domain = labels.domain and codes.code = labels.code
    where codes.domain = 'industry' and codes.code not in ('study', 'unemployed')
),

-- Inner, so that the movement alone joins: engines ask an outer join with an `or` row against row.
paired as (
    select
        types.movement_id,
        types.code as type_code,
        industries.seq,
        case
            when industries.own_type = types.code and industries.code <> 'commercial_sex' then types.label
            else types.label || ' / ' || industries.label
        end as form_label
    from types
    inner join industries on types.movement_id = industries.movement_id
    where
        not industries.is_said_by_type
        and (
            types.type_count = 1
            or types.code = industries.own_type
            or (industries.own_type is null and types.is_labour)
        )
),

forms as (
    select
        types.movement_id,
        types.seq as type_seq,
        coalesce(paired.seq, 0) as industry_seq,
        coalesce(paired.form_label, types.label) as form_label
    from types
    left join paired on types.movement_id = paired.movement_id and types.code = paired.type_code

    union all

    select
        industries.movement_id,
        1 as type_seq,
        industries.seq as industry_seq,
        industries.label as form_label
    from industries
    left join types on industries.movement_id = types.movement_id
    where types.movement_id is null
)

select
    movement_id,
    form_label,
    cast(row_number() over (
        partition by movement_id
        order by min(type_seq) nulls last, min(industry_seq) nulls last, form_label nulls last
    ) as integer) as form_number
from forms
group by movement_id, form_label
