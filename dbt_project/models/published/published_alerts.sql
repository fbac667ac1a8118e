-- One row per edition and alert in force. The public edition has those that a steward released, and of them corridor,
-- direction and first month alone: a fresh warning also warns traffickers. Alerts belong to no closed year, so they are
-- not carried.
with alerts as (select * from {{ ref('mart_alerts') }} where is_in_force),

editions as (
    select
        'members' as edition,
        level,
        corridor_id,
        origin_place_id,
        origin,
        via_place_id,
        via,
        destination_place_id,
        destination,
        record_grain,
        direction,
        first_month,
        alerted_month,
        newest_month,
        case when record_count = 0 then 0 else {{ members_count('record_count') }} end as record_count,
        case when record_count > 0 then {{ members_count_text('record_count') }} else '0' end as record_count_text,
        cast(floor(expected_low) as integer) as expected_low,
        cast(ceil(expected_high) as integer) as expected_high,
        partner_count,
        evidence
    from alerts

    union all

    select
        'public' as edition,
        level,
        corridor_id,
        origin_place_id,
        origin,
        via_place_id,
        via,
        destination_place_id,
        destination,
        record_grain,
        direction,
        first_month,
        cast(null as date) as alerted_month,
        cast(null as date) as newest_month,
        cast(null as integer) as record_count,
        cast(null as {{ text_type() }}) as record_count_text,
        cast(null as integer) as expected_low,
        cast(null as integer) as expected_high,
        cast(null as integer) as partner_count,
        cast(null as {{ text_type() }}) as evidence
    from alerts
    where is_released
)

select * from editions
