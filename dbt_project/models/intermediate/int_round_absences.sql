-- One row per grain, round and thing that an earlier round named and this one did not. Absence is evidence only
-- if every partner that ever named it reported again.
with items as (
    select
        items.*,
        rounds.round_number
    from {{ ref('int_round_items') }} as items
    inner join {{ ref('int_rounds') }} as rounds on items.round = rounds.round
),

partners as (select * from {{ ref('int_round_partners') }}),

grain_rounds as (
    select distinct
        record_grain,
        round,
        round_number
    from partners
),

named_before as (
    select
        grain_rounds.record_grain,
        grain_rounds.round,
        grain_rounds.round_number,
        items.item_kind,
        items.item,
        items.item_role,
        items.place_id,
        max(items.round_number) as last_round_number,
        count(distinct items.partner) as earlier_partner_count,
        max(case when stayed.partner is null then 1 else 0 end) as has_left
    from grain_rounds
    inner join items
        on grain_rounds.record_grain = items.record_grain and grain_rounds.round_number > items.round_number
    left join partners as stayed
        on
            items.partner = stayed.partner
            and items.record_grain = stayed.record_grain
            and grain_rounds.round_number = stayed.round_number
    group by
        grain_rounds.record_grain,
        grain_rounds.round,
        grain_rounds.round_number,
        items.item_kind,
        items.item,
        items.item_role,
        items.place_id
),

named_now as (
    select distinct
        record_grain,
        round_number,
        item_kind,
        item,
        item_role
    from items
)

select
    named_before.record_grain,
    named_before.round,
    named_before.round_number,
    named_before.item_kind,
    named_before.item,
    named_before.item_role,
    named_before.place_id,
    last_rounds.round as last_round,
    named_before.earlier_partner_count,
    case when named_before.has_left = 0 then 'panel_silent' else 'source_left' end as absence_class
from named_before
inner join {{ ref('int_rounds') }} as last_rounds on named_before.last_round_number = last_rounds.round_number
left join named_now
    on
        named_before.record_grain = named_now.record_grain
        and named_before.round_number = named_now.round_number
        and named_before.item_kind = named_now.item_kind
        and named_before.item = named_now.item
        and named_before.item_role = named_now.item_role
where named_now.item is null
