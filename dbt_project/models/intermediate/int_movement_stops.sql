-- One row per place that a movement or a flow count touches, in its role, no finer than the partner's agreement allows.
with records as (select * from {{ ref('int_records_current') }}),

mentions as (select * from {{ ref('stg_place_mentions') }}),

matches as (select * from {{ ref('stg_place_matches') }}),

places as (select * from {{ ref('int_places') }}),

-- A country that was named but has no ISO code: Hargeisa reported as Somaliland counts for Somaliland.
labels as (select * from {{ ref('int_places') }} where kind = 'country' and place_id <> iso_alpha3),

stops as (
    select
        records.record_id as movement_id,
        records.partner,
        records.departed_month,
        mentions.place_role,
        mentions.seq,
        mentions.place_basis,
        mentions.transport_mode,
        mentions.mention_id,
        places.place_id as told_place_id,
        places.country_place_id as told_country_place_id,
        labels.place_id as named_country_place_id,
        {{ coarsened_place('places', 'records.finest_place') }} as coarsened_place_id
    from records
    inner join mentions on records.extract_id = mentions.extract_id and records.record_id = mentions.record_id
    left join matches on mentions.mention_id = matches.mention_id
    left join places on coalesce(matches.place_id, matches.country_alpha3) = places.place_id
    left join labels on matches.country_label = labels.name
    where
        mentions.place_role in ('origin', 'transit', 'intended_destination', 'exploitation')
        -- Where people are only counted, the place of the count is part of the number.
        or (mentions.place_role = 'observation' and records.record_grain = 'flow_count')
),

named as (
    select
        stops.*,
        case
            when stops.named_country_place_id is not null
                and stops.coarsened_place_id in (stops.told_country_place_id, 'unknown')
                then stops.named_country_place_id
            else stops.coarsened_place_id
        end as place_id
    from stops
)

select
    named.movement_id,
    named.partner,
    named.departed_month,
    named.place_role,
    -- Known places first, so that stop 1 of an end is the end.
    cast(row_number() over (
        partition by named.movement_id, named.place_role
        order by
            case when named.place_role <> 'transit' and named.place_id = 'unknown' then 1 else 0 end,
            named.seq nulls last,
            named.mention_id nulls last
    ) as integer) as stop_number,
    named.seq is not null as is_ordered,
    named.place_basis,
    named.transport_mode,
    named.place_id,
    named.place_id <> 'unknown' as is_known,
    coalesce(named.told_place_id, named.place_id) <> named.place_id as is_coarsened,
    coalesce(named.named_country_place_id, places.country_place_id, 'unknown') as country_place_id,
    places.county_place_id,
    places.border_point_id,
    coalesce(named.named_country_place_id, places.counting_place_id, 'unknown') as counting_place_id,
    coalesce(places.border_point_id, named.named_country_place_id, places.counting_place_id, 'unknown') as via_place_id
from named
left join places on named.place_id = places.place_id
