-- One row per current record: the newest copy in force, and the finest place level its agreement allows.
with judged as (select * from {{ ref('judged_records') }} where fate = 'current'),

records as (select * from {{ ref('stg_records') }}),

extracts as (select * from {{ ref('stg_extracts') }}),

statuses as (
    select
        code,
        counts_as_victim
    from {{ ref('codes') }}
    where domain = 'trafficking_status'
)

select
    records.record_id,
    records.extract_id,
    records.partner,
    judged.partner_code,
    extracts.source,
    extracts.finest_place,
    records.record_grain,
    records.round,
    records.event_kind,
    records.date_precision,
    records.period_from,
    records.period_to,
    -- A date coarser than a month has no month: the first day of a year is not January.
    case
        when
            {{ month_of('records.period_from') }} = {{ month_of('records.period_to') }}
            then {{ month_of('records.period_from') }}
    end as event_month,
    case
        when
            {{ year_of('records.period_from') }} = {{ year_of('records.period_to') }}
            then {{ year_of('records.period_from') }}
    end as event_year,
    records.person_count,
    records.person_count_low,
    records.person_count_high,
    records.count_basis,
    records.sex,
    records.age_band,
    records.is_child,
    records.nationality,
    records.trafficking_status,
    records.transit_count,
    records.protection_key,
    judged.annotation_codes,
    records.record_grain in ('case', 'route_report')
    and coalesce(statuses.counts_as_victim, 'yes') <> 'no' as is_counted,
    -- An interception without a status of its own counts as prevented.
    (
        records.record_grain = 'interception' and coalesce(statuses.counts_as_victim, 'yes') <> 'no'
    )
    or (
        records.record_grain <> 'flow_count' and coalesce(records.trafficking_status = 'prevented', false)
    ) as is_prevented
from judged
inner join records on judged.extract_id = records.extract_id and judged.record_id = records.record_id
inner join extracts on judged.extract_id = extracts.extract_id and judged.partner = extracts.partner
left join statuses on records.trafficking_status = statuses.code
