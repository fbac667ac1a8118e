-- One row per flow count, as it may be shown. A published table keeps its own periods; of other counts a month is the
-- finest, of children a quarter. Towns of published tables and of children become their county, or their country.
with records as (
    select
        records.*,
        extracts.received_on,
        coalesce(records.period_from, extracts.period_from) as first_day,
        coalesce(records.period_to, extracts.period_to) as last_day,
        extracts.publication,
        extracts.publisher,
        extracts.publication_url,
        extracts.publication_licence,
        coalesce(extracts.may_be_public, false) as may_be_public,
        extracts.publication is not null as is_published
    from {{ ref('int_records_current') }} as records
    inner join {{ ref('stg_extracts') }} as extracts
        on records.extract_id = extracts.extract_id and records.partner = extracts.partner
    where records.record_grain = 'flow_count'
),

stops as (select * from {{ ref('int_movement_stops') }} where is_known),

ends as (select * from stops where stop_number = 1),

-- Where they were counted, as far as stated; else the first place that they passed.
counted_at as (
    select
        movement_id,
        place_id,
        row_number() over (
            partition by movement_id
            order by
                case when place_role = 'observation' then 1 when place_basis = 'observed' then 2 else 3 end,
                stop_number nulls last
        ) as choice
    from stops
    where place_role in ('observation', 'transit')
),

passing_kenya as (
    select distinct movement_id
    from stops
    where place_role in ('observation', 'transit') and country_place_id = 'KEN'
),

placed as (
    select
        records.*,
        case
            when records.is_published or coalesce(records.is_child, false) then 'border_point' else 'town'
        end as finest_shown,
        origin.place_id as told_origin,
        counted_at.place_id as told_counted_at,
        coalesce(exploitation.place_id, intended.place_id) as told_destination,
        case
            when exploitation.place_id is not null then 'exploitation'
            when intended.place_id is not null then 'intended'
        end as destination_basis,
        {{ direction(
            "coalesce(origin.country_place_id, 'unknown')",
            "coalesce(exploitation.country_place_id, intended.country_place_id, 'unknown')",
            'passing_kenya.movement_id is not null',
        ) }} as direction,
        forms.form_label
    from records
    left join ends as origin on records.record_id = origin.movement_id and origin.place_role = 'origin'
    left join ends as intended
        on records.record_id = intended.movement_id and intended.place_role = 'intended_destination'
    left join ends as exploitation
        on records.record_id = exploitation.movement_id and exploitation.place_role = 'exploitation'
    left join counted_at on records.record_id = counted_at.movement_id and counted_at.choice = 1
    left join passing_kenya on records.record_id = passing_kenya.movement_id
    left join {{ ref('int_movement_forms') }} as forms
        on records.record_id = forms.movement_id and forms.form_number = 1
),

places as (select * from {{ ref('int_places') }})

select
    placed.*,
    case
        when placed.is_published then placed.first_day
        when placed.is_child then {{ first_of_quarter('placed.first_day') }}
        else {{ month_of('placed.first_day') }}
    end as period_first_day,
    case
        when placed.is_published then placed.last_day
        when placed.is_child then {{ days_after(months_after(first_of_quarter('placed.last_day'), 3), -1) }}
        else {{ days_after(months_after(month_of('placed.last_day'), 1), -1) }}
    end as period_last_day,
    {{ coarsened_place('origins', 'placed.finest_shown') }} as origin_place_id,
    {{ coarsened_place('points', 'placed.finest_shown') }} as counted_at_place_id,
    {{ coarsened_place('destinations', 'placed.finest_shown') }} as destination_place_id
from placed
left join places as origins on placed.told_origin = origins.place_id
left join places as points on placed.told_counted_at = points.place_id
left join places as destinations on placed.told_destination = destinations.place_id
