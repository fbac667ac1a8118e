-- One row per record and field: whether the record states it, and whether precisely.
with movements as (select * from {{ ref('int_movements') }}),

stops as (select * from {{ ref('int_movement_stops') }}),

codes as (
    select distinct
        movement_id,
        domain
    from {{ ref('int_movement_codes') }}
    where
        domain in ('exploitation_type', 'industry', 'recruitment_method', 'transport_mode', 'means_of_control')
        and {{ is_informative('code') }}
),

-- A place is told precisely when Kenya is told by county; abroad the country is as fine as tables count.
places as (
    select
        movement_id,
        place_role,
        max(case when is_known then 1 else 0 end) as is_known,
        max(case when is_known and counting_place_id <> 'KEN' then 1 else 0 end) as is_precise
    from stops
    group by movement_id, place_role
),

fields as (
    {% for field in ['origin', 'transit', 'intended_destination', 'exploitation'] %}
        select
            '{{ field }}' as field,
            'place' as field_kind
        union all
    {% endfor %}
    {% for domain in ['exploitation_type', 'industry', 'recruitment_method', 'transport_mode', 'means_of_control'] %}
        select
            '{{ domain }}' as field,
            'code' as field_kind
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    movements.movement_id,
    fields.field,
    case
        when fields.field_kind = 'code' then case when codes.movement_id is null then 0 else 1 end
        -- `direct` says that no place was passed: that is known too.
        when fields.field = 'transit' and movements.transit_count = 0 then 1
        else coalesce(places.is_known, 0)
    end as is_known,
    case
        when fields.field_kind = 'code' then null
        when fields.field = 'transit' and movements.transit_count = 0 then 1
        else coalesce(places.is_precise, 0)
    end as is_precise
from movements
cross join fields
left join codes on movements.movement_id = codes.movement_id and fields.field = codes.domain
left join places on movements.movement_id = places.movement_id and fields.field = places.place_role

union all

select
    movement_id,
    'departed' as field,
    case when period_from is null or date_precision = 'unknown' then 0 else 1 end as is_known,
    case when departed_month is null then 0 else 1 end as is_precise
from movements

union all

select
    movement_id,
    'person_count' as field,
    case when person_count is null then 0 else 1 end as is_known,
    case when person_count_low = person_count_high then 1 else 0 end as is_precise
from movements

union all

select
    movement_id,
    'sex' as field,
    case when {{ is_informative('sex') }} then 1 else 0 end as is_known,
    cast(null as integer) as is_precise
from movements

union all

select
    movement_id,
    'age_band' as field,
    case when {{ is_informative('age_band') }} then 1 else 0 end as is_known,
    case when {{ is_informative('age_band') }} and age_band not in ('child', 'adult') then 1 else 0 end
        as is_precise
from movements

union all

select
    movement_id,
    'nationality' as field,
    case when {{ is_informative('nationality') }} then 1 else 0 end as is_known,
    cast(null as integer) as is_precise
from movements

union all

select
    movement_id,
    'trafficking_status' as field,
    case when {{ is_informative('trafficking_status') }} then 1 else 0 end as is_known,
    cast(null as integer) as is_precise
from movements
