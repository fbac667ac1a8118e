-- One row per place, role, period, grain, source and office: the months of the period in which the source
-- watched it from there.
with activity as (
    select *
    from {{ ref('int_source_activity') }}
    where
        place_role in ('origin', 'transit', 'intended_destination', 'exploitation')
        and record_grain <> 'flow_count'
),

periods as (select * from {{ ref('int_periods') }})

select
    places.kind as place_level,
    activity.place_id,
    activity.place_role,
    periods.period_id,
    activity.record_grain,
    activity.source,
    activity.office_place_id,
    cast(count(*) as integer) as effort_months
from activity
inner join periods
    on
        activity.month_start >= {{ month_of('periods.period_from') }}
        and activity.month_start <= periods.period_to
inner join {{ ref('int_places') }} as places on activity.place_id = places.place_id
group by
    places.kind,
    activity.place_id,
    activity.place_role,
    periods.period_id,
    activity.record_grain,
    activity.source,
    activity.office_place_id
