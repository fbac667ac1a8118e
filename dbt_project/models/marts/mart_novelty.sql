-- One row per thing named in a round, in its role. New means named in this round and in none before;
-- who says so decides how far it can be believed: a partner that joined late cannot show that something is new.
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
        rank() over (partition by record_grain order by round_number nulls last) as nth_round
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
),

-- For the mirror list: did all who named it, now or before, report in the next round, and did anybody name it again?
next_rounds as (
    select
        named.record_grain,
        named.round_number,
        named.item_kind,
        named.item,
        named.item_role,
        min(later.round_number) as next_round_number
    from named
    inner join (
        select distinct
            record_grain,
            round_number
        from partners
    ) as later on named.record_grain = later.record_grain and named.round_number < later.round_number
    group by named.record_grain, named.round_number, named.item_kind, named.item, named.item_role
),

absences as (
    select
        next_rounds.record_grain,
        next_rounds.round_number,
        next_rounds.item_kind,
        next_rounds.item,
        next_rounds.item_role,
        max(case when again.item is null then 0 else 1 end) as is_named_again,
        sum(case when stayed.partner is null then 1 else 0 end) as left_count
    from next_rounds
    inner join items
        on
            next_rounds.record_grain = items.record_grain
            and next_rounds.round_number >= items.round_number
            and next_rounds.item_kind = items.item_kind
            and next_rounds.item = items.item
            and next_rounds.item_role = items.item_role
    left join partners as stayed
        on
            items.partner = stayed.partner
            and items.record_grain = stayed.record_grain
            and next_rounds.next_round_number = stayed.round_number
    left join named as again
        on
            next_rounds.record_grain = again.record_grain
            and next_rounds.next_round_number = again.round_number
            and next_rounds.item_kind = again.item_kind
            and next_rounds.item = again.item
            and next_rounds.item_role = again.item_role
    group by
        next_rounds.record_grain,
        next_rounds.round_number,
        next_rounds.item_kind,
        next_rounds.item,
        next_rounds.item_role
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
    case
        when absences.is_named_again is null then null
        when absences.is_named_again = 1 then 'seen_again'
        when absences.left_count = 0 then 'panel_silent'
        else 'source_left'
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
left join absences
    on
        named.record_grain = absences.record_grain
        and named.round_number = absences.round_number
        and named.item_kind = absences.item_kind
        and named.item = absences.item
        and named.item_role = absences.item_role
