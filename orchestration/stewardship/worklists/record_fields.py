"""What a steward may see of a landed record: typed fields that identify nobody.

A field is shown only if it stands in SHOWN. Days become months, places counties or countries; a partner's own
words are never shown. A hidden field is named with the reason. The row as written needs the private key
(`njia unseal`), which is logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from orchestration import places
from orchestration.contracts import MANY_CODES, SINGLE_CODES
from orchestration.core import Settings, UsageError, read_json, say, shown_record
from orchestration.typing import has_typed, open_views

# Columns of the typed records that hold codes of ours, bands and counts, and no word of a partner.
SHOWN = (
    "record_grain", "event_kind", "date_precision", "person_count", "person_count_low", "person_count_high",
    "count_basis", "is_group", "sex", "age_band", "is_child", "nationality", "trafficking_status",
    "consent_state", "transit_count",
)  # fmt: skip
_MONTH = "event_month"
_A_DAY = "An exact day may identify a person; the month is shown."
_WRITTEN = "Places are shown as county or country, as agreed; what was written is kept encrypted."
_CODED = "It identifies a person: only a keyed code of it exists."
_AGE = "Years of age are not kept; the band is shown."
_REFERENCE = "The partner's own reference; the record is named by its code."
_NOT_KEPT = (
    "No fields of a row are kept here: NJIA_DELETE_WORK is on, or no refresh has ended. `njia unseal` opens "
    "the row as it was sent."
)
_DROPPED = "The contract drops it, so it never landed."

_TABLES = ("records", "record_codes", "place_mentions", "matches", "extracts", "problems")
_OF_RECORD = "record_id, sheet, event_on, submitted_at, embargo_until, " + ", ".join(
    f"{name}::varchar as {name}" for name in SHOWN
)


@dataclass(frozen=True)
class Field:
    """One field of a record. `typed_value` is None where nothing is known, and where it `is_withheld`.

    `columns` are the partner's own headings that feed it.
    `problem_codes` are rules of quality_rules.csv that were found in it; those of no single field stand at
    the field `record`.
    """

    name: str
    typed_value: str | None = None
    problem_codes: tuple[str, ...] = ()
    is_withheld: bool = False
    why_withheld: str | None = None
    columns: tuple[str, ...] = ()


def fields_of(settings: Settings, partner: str, extract_id: str, sheet: str | None, row: int) -> list[Field]:
    """Return the typed fields of the record that begins in a row, those with a problem first.

    `sheet` may be left out where one sheet alone has such a record. Raises UsageError where there is none.
    """
    if not has_typed(settings):
        raise UsageError(_NOT_KEPT)
    with open_views(settings, *_TABLES, extract_ids=[extract_id]) as con:
        cursor = con.execute(
            f"select {_OF_RECORD} from records where partner = ? and extract_id = ? and row_number = ? "
            "and (? is null or sheet = ?)",
            [partner, extract_id, row, sheet, sheet],
        )
        columns = [column[0] for column in cursor.description or ()]
        records = [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
        if len(records) != 1:
            sheets = sorted(str(record["sheet"]) for record in records)
            raise UsageError(_not_one(partner, extract_id, row, sheets))
        [record] = records
        key = [partner, extract_id, record["record_id"]]
        of_record = "where partner = ? and extract_id = ? and record_id = ?"
        codes = con.execute(
            f"select domain, string_agg(code, ', ' order by seq) from record_codes {of_record} "
            "group by domain order by domain",
            key,
        ).fetchall()
        # An agreement that allows no more than the country, or that nobody finds, hides the county here too.
        stops = con.execute(
            "select place_role, seq, if(finest_place <> 'country', "
            "coalesce(county_place_id, country_alpha3), country_alpha3) from place_mentions "
            "left join extracts using (partner, extract_id) left join matches using (mention_id) "
            f"{of_record} order by place_role, seq",
            key,
        ).fetchall()
        problems = con.execute(
            f"select distinct field, problem_code from problems {of_record} order by all", key
        ).fetchall()
    by_field: dict[str, list[str]] = {}
    for name, code in problems:
        by_field.setdefault(str(name), []).append(str(code))
    month = f"{record['event_on']:%Y-%m}" if record["event_on"] else None
    shown = {"record_code": shown_record(record["record_id"]), _MONTH: month}
    path = settings.landing / partner / f"{extract_id}.json"
    contract = (read_json(path) if path.is_file() else {}).get("contract_content") or {}
    named = contract.get("fields") or {}
    shown |= {name: record[name] for name in SHOWN}
    shown |= dict.fromkeys(
        name for name in named if name in (*SINGLE_CODES, *MANY_CODES) and name not in shown
    )
    shown |= {str(domain): str(said) for domain, said in codes}
    fields = [
        Field(name, value, tuple(by_field.pop(name, ())))
        for name, value in shown.items()
        if value is not None or name in named or name in by_field or name == _MONTH
    ]
    fields += [
        Field(f"place({role}) {at}", places.described(place_id) if place_id in places.place_names() else None)
        for at, (role, _, place_id) in enumerate(stops, start=1)
    ]
    withheld = [
        Field(name, None, tuple(by_field.pop(name, ())), is_withheld=True, why_withheld=why)
        for name, why in _hidden(contract, record).items()
    ]
    left = [Field(name, None, tuple(found_in)) for name, found_in in sorted(by_field.items())]
    found = [replace(one, columns=_columns(named, one.name)) for one in (*fields, *left, *withheld)]
    return sorted(found, key=lambda one: not one.problem_codes)


def _columns(named: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the partner's headings that feed a field; those of a stop are of all fields of its role."""
    role = name.partition(" ")[0]
    given = [
        of.get("column")
        for key, of in named.items()
        if key == name or (role != name and key.startswith(role))
    ]
    columns = [[one] if isinstance(one, str) else one for one in given if one]
    return tuple(dict.fromkeys(chain.from_iterable(columns)))


def _hidden(contract: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, str]:
    """Return the hidden names with the reason: fields of the record, and those of its contract."""
    fields = contract.get("fields") or {}
    days = ("event_on", "submitted_at", "embargo_until")
    hidden = {name: _A_DAY for name in days if record[name] or name in fields}
    hidden |= {name: _WRITTEN for name in fields if name.startswith("place(")}
    if (fields.get("age_band") or {}).get("from") or (fields.get("age_band") or {}).get("from_"):
        hidden["age"] = _AGE
    hidden["record_ref"] = _REFERENCE
    hidden |= {name: _CODED for name, column in (contract.get("link") or {}).items() if column}
    if dropped := len(contract.get("deny") or ()):
        sentence = say("{number} of them. {why}", number=dropped, why=_DROPPED)
        hidden["columns_that_the_contract_denies"] = sentence
    return hidden


def _not_one(partner: str, extract_id: str, row: int, sheets: list[str]) -> str:
    if sheets:
        named = ", ".join(sheets)
        return f"Several sheets of {partner}/{extract_id} have a record in row {row}: {named}. Say which."
    return (
        f"{partner}/{extract_id} has no record that begins in row {row}. A record of several rows is called "
        "by its first; an extract that is being typed anew has none until the refresh is over."
    )
