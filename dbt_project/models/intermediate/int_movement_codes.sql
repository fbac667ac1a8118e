-- One row per movement, domain and code, in the order the partner gave them; modes of legs count for the movement.
with records as (select * from {{ ref('int_records_current') }}),

codes as (
    select
        records.record_id as movement_id,
        codes.domain,
        codes.code,
        coalesce(codes.seq, 1) as seq
    from records
    inner join {{ ref('stg_record_codes') }} as codes
        on records.extract_id = codes.extract_id and records.record_id = codes.record_id
    where codes.domain <> 'nationality'

    union all

    select
        movement_id,
        'transport_mode' as domain,
        transport_mode as code,
        100 + stop_number as seq
    from {{ ref('int_movement_stops') }}
    where transport_mode is not null
)

select
    movement_id,
    domain,
    code,
    cast(
        row_number() over (partition by movement_id, domain order by min(seq) nulls last, code nulls last) as integer
    ) as seq
from codes
where code is not null
group by movement_id, domain, code
