"""Schemas of the typed tables. dbt reads all but `mentions`, which is written encrypted, as JSON rows."""

from __future__ import annotations

import pyarrow as pa

_EXTRACT = [("extract_id", pa.string()), ("partner", pa.string())]
_RECORD = [*_EXTRACT, ("record_id", pa.int64())]

EXTRACTS = pa.schema(
    [
        *_EXTRACT,
        ("partner_code", pa.string()),
        ("contract", pa.string()),
        ("contract_version", pa.int32()),
        ("grain", pa.string()),
        ("data_source", pa.string()),
        ("delivery_mode", pa.string()),
        ("period_from", pa.date32()),
        ("period_to", pa.date32()),
        ("round", pa.string()),
        ("received_on", pa.date32()),
        ("sequence", pa.int32()),
        ("rows_read", pa.int64()),
        ("rows_refused", pa.int64()),
        ("rows_landed", pa.int64()),
        ("agreement_id", pa.string()),
        ("agreement_from", pa.date32()),
        ("agreement_to", pa.date32()),
        ("statistics_agreed", pa.bool_()),
        ("retention_years", pa.int32()),
        ("finest_place", pa.string()),
        ("partner_name", pa.string()),
        ("cadence", pa.string()),
        ("grace_days", pa.int32()),
        ("publication", pa.string()),
        ("publisher", pa.string()),
        ("publication_url", pa.string()),
        ("publication_licence", pa.string()),
        ("may_be_public", pa.bool_()),
    ]
)
COVERAGE = pa.schema(
    [
        *_EXTRACT,
        ("place_id", pa.string()),
        ("role", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("office_place_id", pa.string()),
    ]
)
CAMPAIGNS = pa.schema(
    [
        *_EXTRACT,
        ("campaign", pa.string()),
        ("place_id", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
REFUSALS = pa.schema([*_EXTRACT, ("sheet", pa.string()), ("reason", pa.string()), ("row_count", pa.int64())])
WITHHELD_RECORDS = pa.schema(
    [*_RECORD, ("reason", pa.string()), ("is_one_person", pa.bool_()), ("submission_key", pa.string())]
)
RECORDS = pa.schema(
    [
        *_RECORD,
        ("record_grain", pa.string()),
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("source_row_count", pa.int32()),
        ("event_kind", pa.string()),
        ("event_on", pa.date32()),
        ("date_precision", pa.string()),
        ("period_from", pa.date32()),
        ("period_to", pa.date32()),
        ("round", pa.string()),
        ("submitted_at", pa.timestamp("us", tz="UTC")),
        ("person_count", pa.int32()),
        ("person_count_low", pa.int32()),
        ("person_count_high", pa.int32()),
        ("count_basis", pa.string()),
        ("is_group", pa.bool_()),
        ("sex", pa.string()),
        ("age_band", pa.string()),
        ("is_child", pa.bool_()),
        ("nationality", pa.string()),
        ("trafficking_status", pa.string()),
        ("consent_state", pa.string()),
        ("embargo_until", pa.date32()),
        ("transit_count", pa.int32()),
        ("key_basis", pa.string()),
        ("protection_key", pa.int64()),
        ("submission_key", pa.string()),
    ]
)
RECORD_CODES = pa.schema([*_RECORD, ("domain", pa.string()), ("code", pa.string()), ("seq", pa.int32())])
PLACE_MENTIONS = pa.schema(
    [
        *_RECORD,
        ("place_role", pa.string()),
        ("seq", pa.int32()),
        ("place_basis", pa.string()),
        ("transport_mode", pa.string()),
        ("mention_id", pa.int64()),
        ("child_sheet", pa.string()),
        ("child_row_number", pa.int32()),
    ]
)
PROBLEMS = pa.schema(
    [
        *_RECORD,
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("field", pa.string()),
        ("outcome", pa.string()),
        ("problem_code", pa.string()),
    ]
)
MENTIONS = pa.schema(
    [
        ("extract_id", pa.string()),
        ("mention_id", pa.int64()),
        ("place_text", pa.string()),
        ("admin_text", pa.string()),
        ("country_text", pa.string()),
        ("code_system", pa.string()),
        ("place_code", pa.string()),
        ("default_country", pa.string()),
    ]
)

MENTIONS_TABLE = "mentions"
SCHEMAS = {
    "extracts": EXTRACTS,
    "coverage": COVERAGE,
    "campaigns": CAMPAIGNS,
    "refusals": REFUSALS,
    "withheld_records": WITHHELD_RECORDS,
    "records": RECORDS,
    "record_codes": RECORD_CODES,
    "place_mentions": PLACE_MENTIONS,
    "problems": PROBLEMS,
    MENTIONS_TABLE: MENTIONS,
}
TYPED_TABLES = {
    "extracts": "One row an extract: what was read, refused and landed, and the agreement it came under.",
    "coverage": "The partner's coverage as its contract declares it: places, roles and days.",
    "campaigns": "Times of extra work as the contract declares them: one row a place, or one without.",
    "refusals": "Rows of an extract that did not land, counted by reason.",
    "withheld_records": "Records of which a row was withheld, by reason; nothing else of them is kept.",
    "records": "One row a record of an extract: dates, counts, ages and codes as typed, with precision.",
    "record_codes": "Codes of fields that may hold several, one row a code.",
    "place_mentions": "Place mentions of a record by role and order; texts stay in the restricted mentions.",
    "problems": "Flags, unknown values and rows set aside, by source row and rule; never a value.",
}
