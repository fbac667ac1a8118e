-- One row per edition, period, trait and code. Of sex, age and what dates them each case has one code, `unknown`
-- included; of exploitation, transport and recruitment none or several. Members' small ones are summed in the code
-- `fewer`.
with cells as (select * from {{ ref('int_cells') }} where table_name = 'traits'),

shown as (select * from {{ ref('int_shown_cells') }} where table_name = 'traits'),

public_cells as (select * from {{ ref('int_public_cells') }} where table_name = 'traits'),

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

fewer as (select * from {{ ref('published_areas') }} where place_id = 'fewer'),

editions as (
    select
        'members' as edition,
        cells.period_id,
        cells.trait,
        case when shown.cell_id is null then 'fewer' else cells.code end as code,
        cast(sum(cells.movement_count) as integer) as trait_count
    from cells
    left join shown on cells.cell_id = shown.cell_id and cells.period_id = shown.period_id
    group by cells.period_id, cells.trait, case when shown.cell_id is null then 'fewer' else cells.code end

    union all

    select
        'public' as edition,
        cells.period_id,
        cells.trait,
        cells.code,
        public_cells.public_count as trait_count
    from public_cells
    inner join cells on public_cells.cell_id = cells.cell_id and public_cells.period_id = cells.period_id
),

made as (
    select
        editions.edition,
        editions.period_id,
        editions.trait,
        editions.code,
        case
            when editions.code = 'fewer' then fewer.place
            else coalesce(labels.label, editions.code)
        end as label,
        editions.trait_count
    from editions
    inner join fewer on editions.edition = fewer.edition
    left join labels on editions.trait = labels.trait and editions.code = labels.code
)

select * from made

union all

select * from {{ source('carried', 'traits') }}
