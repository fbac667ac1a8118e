-- One row per edition, survey round and place, corridor or form of exploitation that no earlier round named. The public
-- edition lists what partners of both rounds confirm and at least three reports name, in closed rounds.
with novelty as (
    select *
    from {{ ref('mart_novelty') }}
    where evidence_class in ('new_source', 'single_partner', 'panel_confirmed')
),

reports as (
    select
        record_grain,
        round,
        item_kind,
        item,
        item_role,
        count(distinct movement_id) as report_count
    from {{ ref('int_movement_items') }}
    group by record_grain, round, item_kind, item, item_role
),

closed_rounds as ({{ closed_periods(['round']) }}),

places as (select * from {{ ref('int_places') }}),

editions as (
    select
        'members' as edition,
        item_kind,
        item,
        role,
        round,
        record_grain,
        place_id,
        evidence_class
    from novelty

    union all

    select
        'public' as edition,
        novelty.item_kind,
        novelty.item,
        novelty.role,
        novelty.round,
        novelty.record_grain,
        novelty.place_id,
        novelty.evidence_class
    from novelty
    inner join closed_rounds on 'round-' || novelty.round = closed_rounds.period_id
    inner join reports
        on
            novelty.record_grain = reports.record_grain
            and novelty.round = reports.round
            and novelty.item_kind = reports.item_kind
            and novelty.item = reports.item
            and novelty.role = reports.item_role
    left join places on novelty.place_id = places.place_id
    where
        -- Nothing finer than a county or border point is public.
        (novelty.item_kind <> 'place' or places.kind = 'border_point')
        and novelty.evidence_class = 'panel_confirmed'
        and reports.report_count >= {{ publication_policy('public_round_least_reports') }}
)

select
    editions.edition,
    'round-' || editions.round as period_id,
    editions.record_grain,
    editions.item_kind,
    editions.item,
    editions.role,
    editions.place_id,
    places.name as place,
    editions.evidence_class
from editions
left join places on editions.place_id = places.place_id
