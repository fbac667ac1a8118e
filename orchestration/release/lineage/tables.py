"""The files of a lineage, each with the query to the work file that makes it.

A record has a number that is valid within one release only. The last four files hold no records.
"""

from __future__ import annotations

RECORDS, LINES, PERIODS = "records.parquet", "lines.parquet", "periods.parquet"
CELLS, FIELDS, ITEMS = "cells.parquet", "fields.parquet", "items.parquet"
EXTRACTS, WATCHES, ROUNDS = "extracts.parquet", "watches.parquet", "rounds.parquet"
CALENDAR = "calendar.parquet"
# A movement has the number of its smallest record.
NUMBERED = """
    create temp table numbered as
    select
        cast(row_number() over (
            order by records.extract_id, typed.sheet, typed.row_number, records.record_id
        ) as integer) as record,
        records.record_id,
        records.partner,
        records.partner_code,
        records.source,
        records.extract_id,
        typed.sheet,
        typed.row_number
    from intermediate.int_records_current as records
    inner join staging.stg_records as typed
        on records.record_id = typed.record_id and records.extract_id = typed.extract_id
            and records.partner = typed.partner
"""
TABLES = {
    RECORDS: """
        select
            numbered.*,
            smallest.record as movement,
            movements.record_grain,
            movements.is_counted,
            movements.is_prevented,
            coalesce(movements.is_child, false) as is_child,
            movements.round,
            date_trunc('month', movements.period_from)::date as month_from,
            date_trunc('month', movements.period_to)::date as month_to,
            coalesce(movements.person_count_low, movements.person_count, 0) as person_count,
            movements.origin_place_id,
            movements.destination_place_id,
            movements.form_label,
            movements.sex,
            movements.age_band
        from numbered
        inner join intermediate.int_movements as movements on numbered.record_id = movements.movement_id
        inner join intermediate.int_linked_records as linked on numbered.record_id = linked.record_id
        inner join numbered as smallest on linked.movement_id = smallest.record_id
        order by numbered.record
    """,
    LINES: """
        select keys.counting_table, keys.counting_role, keys.counting_id, numbered.record
        from intermediate.int_counting_keys as keys
        inner join numbered on keys.movement_id = numbered.record_id
        order by all
    """,
    PERIODS: """
        select membership.period_id, numbered.record
        from intermediate.int_period_membership as membership
        inner join numbered on membership.movement_id = numbered.record_id
        order by all
    """,
    # Cells of published tables; a movement belongs to those of its smallest record.
    CELLS: """
        select members.table_name, members.cell_id, numbered.record
        from intermediate.int_cell_members as members
        inner join numbered on members.movement_id = numbered.record_id
        order by all
    """,
    FIELDS: """
        select stated.field, numbered.record
        from intermediate.int_stated_fields as stated
        inner join numbered on stated.movement_id = numbered.record_id
        where stated.is_known = 1
        order by all
    """,
    ITEMS: """
        select items.item_kind, items.item, items.item_role, rounds.round_number, numbered.record
        from intermediate.int_movement_items as items
        inner join intermediate.int_rounds as rounds on items.round = rounds.round
        inner join numbered on items.movement_id = numbered.record_id
        order by all
    """,
    EXTRACTS: """
        select
            extracts.partner,
            extracts.partner_code,
            extracts.source,
            extracts.extract_id,
            extracts.contract,
            extracts.agreement_id,
            extracts.period_from,
            extracts.period_to,
            extracts.round,
            extracts.record_grain,
            extracts.publication
        from staging.stg_extracts as extracts
        inner join staging.stg_extracts_in_force as in_force
            on extracts.extract_id = in_force.extract_id and extracts.partner = in_force.partner
        where in_force.fate = 'in_force'
        order by all
    """,
    WATCHES: """
        select
            activity.partner,
            activity.extract_id,
            activity.record_grain,
            activity.place_id,
            activity.watched_place_id,
            activity.place_role as role,
            activity.month_start as month
        from intermediate.int_extract_activity as activity
        order by all
    """,
    ROUNDS: """
        select record_grain, round, round_number, source, coverage
        from intermediate.int_round_sources
        order by all
    """,
    CALENDAR: """
        select period_id, date_trunc('month', period_from)::date as first_month, period_to as last_day
        from intermediate.int_periods
        order by all
    """,
}
