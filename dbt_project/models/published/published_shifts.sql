-- One row per edition, corridor, grain and comparison whose change can be judged. Members see every judged corridor.
-- The public edition compares closed years: a change that several partners show, where the larger count is 20 or more,
-- and `stable` only where the public counts themselves moved less than twofold.
with shifts as (
    select *
    from {{ ref('mart_corridor_shifts') }}
    where status not in ('too_few', 'new_source')
),

-- Shown counts of the years published now, and of those carried, which a new year is compared with.
protected as (
    select
        period_id,
        cell_id,
        protected_count
    from {{ ref('int_protected_cells') }}
    where table_name = 'corridors|all' and is_shown

    union all

    select
        period_id,
        level || '|' || corridor_id as cell_id,
        movement_count as protected_count
    from {{ source('carried', 'corridors') }}
    where population = 'all' and record_grain = 'case'
),

places as (select * from {{ ref('int_places') }}),

closed_years as ({{ closed_periods(['year']) }}),

new_years as ({{ newly_closed_periods(['year']) }}),

compared as (
    select
        shifts.*,
        baseline.protected_count as protected_baseline,
        current_year.protected_count as protected_current
    from shifts
    inner join closed_years as baseline_years on shifts.baseline_window = baseline_years.period_id
    inner join new_years as current_years on shifts.current_window = current_years.period_id
    left join protected as baseline
        on
            shifts.baseline_window = baseline.period_id
            and shifts.level || '|' || shifts.corridor_id = baseline.cell_id
    left join protected as current_year
        on
            shifts.current_window = current_year.period_id
            and shifts.level || '|' || shifts.corridor_id = current_year.cell_id
    where shifts.comparison = 'years' and shifts.record_grain = 'case' and shifts.level = 'od'
),

public_shifts as (
    select *
    from compared
    where
        greatest(coalesce(protected_baseline, 0), coalesce(protected_current, 0))
        >= {{ publication_policy('public_least_label_count') }}
        and (
            (status in ('emerging', 'growing', 'fading', 'abandoned') and evidence = 'panel')
            or (
                status = 'stable'
                and protected_baseline < 2 * protected_current
                and protected_current < 2 * protected_baseline
            )
        )
),

editions as (
    select
        'members' as edition,
        comparison,
        baseline_window,
        current_window,
        record_grain,
        level,
        corridor_id,
        origin_place_id,
        via_place_id,
        destination_place_id,
        direction,
        status,
        evidence,
        {{ members_count('record_count_baseline') }} as baseline_count,
        case when record_count_baseline > 0 then {{ members_count_text('record_count_baseline') }} else '0' end
            as baseline_count_text,
        {{ members_count('record_count_current') }} as current_count,
        case when record_count_current > 0 then {{ members_count_text('record_count_current') }} else '0' end
            as current_count_text,
        share_odds_ratio,
        displaced_from
    from shifts

    union all

    select
        'public' as edition,
        comparison,
        baseline_window,
        current_window,
        record_grain,
        level,
        corridor_id,
        origin_place_id,
        via_place_id,
        destination_place_id,
        direction,
        status,
        evidence,
        protected_baseline as baseline_count,
        cast(protected_baseline as {{ text_type() }}) as baseline_count_text,
        protected_current as current_count,
        cast(protected_current as {{ text_type() }}) as current_count_text,
        share_odds_ratio,
        displaced_from
    from public_shifts
),

made as (
    select
        editions.edition,
        editions.comparison,
        editions.baseline_window as baseline,
        editions.current_window as current,
        editions.record_grain,
        editions.level,
        editions.corridor_id,
        editions.origin_place_id,
        origins.name as origin,
        editions.via_place_id,
        vias.name as via,
        editions.destination_place_id,
        destinations.name as destination,
        editions.direction,
        editions.status,
        editions.evidence,
        cast(editions.baseline_count as integer) as baseline_count,
        editions.baseline_count_text,
        cast(editions.current_count as integer) as current_count,
        editions.current_count_text,
        {{ factor_band('editions.share_odds_ratio') }} as factor_band,
        -- Of a pair, the public edition names the other corridor only where it shows its change, too.
        displaced.corridor_id as displaced_from,
        displaced_origins.name
        || coalesce(' → ' || displaced_vias.name, '')
        || ' → '
        || displaced_destinations.name as displaced_from_name
    from editions
    inner join places as origins on editions.origin_place_id = origins.place_id
    inner join places as destinations on editions.destination_place_id = destinations.place_id
    left join places as vias on editions.via_place_id = vias.place_id
    left join editions as displaced
        on
            editions.edition = displaced.edition
            and editions.displaced_from = displaced.corridor_id
            and editions.level = displaced.level
            and editions.comparison = displaced.comparison
            and editions.baseline_window = displaced.baseline_window
            and editions.current_window = displaced.current_window
            and editions.record_grain = displaced.record_grain
    left join places as displaced_origins on displaced.origin_place_id = displaced_origins.place_id
    left join places as displaced_vias on displaced.via_place_id = displaced_vias.place_id
    left join places as displaced_destinations on displaced.destination_place_id = displaced_destinations.place_id
)

select * from made

union all

select * from {{ source('carried', 'shifts') }}
