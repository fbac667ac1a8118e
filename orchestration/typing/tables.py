"""Schemas of the typed tables. dbt reads all but `mentions`, which is written encrypted, as JSON rows."""

from __future__ import annotations

import pyarrow as pa

_TEXT, _WHOLE, _LARGE, _DAY, _YES = pa.string(), pa.int32(), pa.int64(), pa.date32(), pa.bool_()
_EXTRACT = [("extract_id", _TEXT), ("partner", _TEXT)]
_RECORD = [*_EXTRACT, ("record_id", _LARGE)]

MENTIONS_TABLE = "mentions"
SCHEMAS = {
    "extracts": pa.schema([
        *_EXTRACT, ("partner_code", _TEXT), ("contract", _TEXT), ("contract_version", _WHOLE),
        ("grain", _TEXT), ("data_source", _TEXT), ("delivery_mode", _TEXT), ("period_from", _DAY),
        ("period_to", _DAY), ("round", _TEXT), ("received_on", _DAY), ("stated_delivery", _DAY),
        ("sequence", _WHOLE), ("rows_read", _LARGE), ("rows_refused", _LARGE), ("rows_landed", _LARGE),
        ("agreement_id", _TEXT),
        ("agreement_from", _DAY), ("agreement_to", _DAY), ("statistics_agreed", _YES),
        ("retention_years", _WHOLE), ("finest_place", _TEXT), ("partner_name", _TEXT), ("cadence", _TEXT),
        ("grace_days", _WHOLE), ("publication", _TEXT), ("publisher", _TEXT), ("publication_url", _TEXT),
        ("publication_licence", _TEXT), ("may_be_public", _YES),
    ]),
    "coverage": pa.schema([
        *_EXTRACT, ("place_id", _TEXT), ("role", _TEXT), ("valid_from", _DAY), ("valid_to", _DAY),
        ("office_place_id", _TEXT),
    ]),
    "campaigns": pa.schema([
        *_EXTRACT, ("campaign", _TEXT), ("place_id", _TEXT), ("valid_from", _DAY), ("valid_to", _DAY),
    ]),
    "refusals": pa.schema([*_EXTRACT, ("sheet", _TEXT), ("reason", _TEXT), ("row_count", _LARGE)]),
    "withheld_records": pa.schema([
        *_RECORD, ("reason", _TEXT), ("is_one_person", _YES), ("submission_key", _TEXT),
    ]),
    "records": pa.schema([
        *_RECORD, ("record_grain", _TEXT), ("sheet", _TEXT), ("row_number", _WHOLE),
        ("source_row_count", _WHOLE), ("event_kind", _TEXT), ("event_on", _DAY), ("date_precision", _TEXT),
        ("period_from", _DAY), ("period_to", _DAY), ("round", _TEXT),
        ("submitted_at", pa.timestamp("us", tz="UTC")), ("person_count", _WHOLE),
        ("person_count_low", _WHOLE), ("person_count_high", _WHOLE), ("count_basis", _TEXT),
        ("is_group", _YES), ("sex", _TEXT), ("age_band", _TEXT), ("is_child", _YES), ("nationality", _TEXT),
        ("trafficking_status", _TEXT), ("consent_state", _TEXT), ("embargo_until", _DAY),
        ("transit_count", _WHOLE), ("key_basis", _TEXT), ("protection_key", _LARGE),
        ("submission_key", _TEXT),
    ]),
    "record_codes": pa.schema([*_RECORD, ("domain", _TEXT), ("code", _TEXT), ("seq", _WHOLE)]),
    "place_mentions": pa.schema([
        *_RECORD, ("place_role", _TEXT), ("seq", _WHOLE), ("place_basis", _TEXT), ("transport_mode", _TEXT),
        ("mention_id", _LARGE), ("child_sheet", _TEXT), ("child_row_number", _WHOLE),
    ]),
    "problems": pa.schema([
        *_RECORD, ("sheet", _TEXT), ("row_number", _WHOLE), ("field", _TEXT), ("outcome", _TEXT),
        ("problem_code", _TEXT),
    ]),
    MENTIONS_TABLE: pa.schema([
        ("extract_id", _TEXT), ("mention_id", _LARGE), ("place_text", _TEXT), ("admin_text", _TEXT),
        ("country_text", _TEXT), ("code_system", _TEXT), ("place_code", _TEXT), ("default_country", _TEXT),
    ]),
}  # fmt: skip
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
