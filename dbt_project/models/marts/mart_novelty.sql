-- One row per thing named in a round, in its role. New means named in this round and in none before.
-- Its evidence depends on who named it: a partner that joined late cannot show that something is new.
with items as (
    select
        items.*,
        rounds.round_number
    from {{ ref('int_round_items') }} as items
    inner join {{ ref('int_rounds') }} as rounds on items.round = rounds.round
),

partners as (select * from {{ ref('int_round_partners') }}),

grain_rounds as (
    select
        record_grain,
        round_number,
        rank() over (partition by record_grain order by round_number nulls last) as nth_round,
        lead(round_number) over (partition by record_grain order by round_number nulls last) as next_round_number
    from (
        select distinct
            record_grain,
            round_number
        from partners
    ) as distinct_rounds
),

-- Panel: reported in this round and in an earlier one, with the same coverage declared in both; none is not the same.
panel as (
    select distinct
        later.partner,
        later.record_grain,
        later.round_number
    from partners as later
    inner join partners as earlier
        on
            later.partner = earlier.partner
            and later.record_grain = earlier.record_grain
            and later.round_number > earlier.round_number
            and later.coverage = earlier.coverage
    where later.coverage <> ''
),

first_named as (
    select
        record_grain,
        item_kind,
        item,
        item_role,
        min(round_number) as first_round_number
    from items
    group by record_grain, item_kind, item, item_role
),

named as (
    select
        items.record_grain,
        items.round,
        items.round_number,
        items.item_kind,
        items.item,
        items.item_role,
        items.place_id,
        count(distinct items.partner) as partner_count,
        count(distinct panel.partner) as panel_partner_count
    from items
    left join panel
        on
            items.partner = panel.partner
            and items.record_grain = panel.record_grain
            and items.round_number = panel.round_number
    group by
        items.record_grain,
        items.round,
        items.round_number,
        items.item_kind,
        items.item,
        items.item_role,
        items.place_id
)

select
    named.item_kind,
    named.item,
    named.item_role as role,
    named.round,
    named.record_grain,
    named.place_id,
    first_rounds.period_from as first_seen,
    case
        when grain_rounds.nth_round = 1 then 'baseline'
        when first_named.first_round_number < named.round_number then 'seen_before'
        when named.panel_partner_count = 0 then 'new_source'
        when named.partner_count = 1 then 'single_partner'
        else 'panel_confirmed'
    end as evidence_class,
    cast(named.partner_count as integer) as partner_count,
    cast(named.panel_partner_count as integer) as panel_partner_count,
    case
        when grain_rounds.next_round_number is null then null
        when absences.item is null then 'seen_again'
        else absences.absence_class
    end as next_round_class
from named
inner join first_named
    on
        named.record_grain = first_named.record_grain
        and named.item_kind = first_named.item_kind
        and named.item = first_named.item
        and named.item_role = first_named.item_role
inner join {{ ref('int_rounds') }} as first_rounds on first_named.first_round_number = first_rounds.round_number
inner join grain_rounds
    on named.record_grain = grain_rounds.record_grain and named.round_number = grain_rounds.round_number
left join {{ ref('int_round_absences') }} as absences
    on
        named.record_grain = absences.record_grain
        and grain_rounds.next_round_number = absences.round_number
        and named.item_kind = absences.item_kind
        and named.item = absences.item
        and named.item_role = absences.item_role
