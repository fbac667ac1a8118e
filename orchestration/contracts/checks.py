"""Whether the parts of a contract hang together: each fault a sentence that says what to change.

Belongs here: what needs several parts. A fault within one part is told by that part's own model.
"""

from __future__ import annotations

from orchestration.contracts.entries import Entries
from orchestration.contracts.fields import AROUND_POINT, MANY_CODES, SINGLE_CODES, place_parts
from orchestration.contracts.format import AnyRepeat, JsonFormat, Tab, XlsxFormat
from orchestration.contracts.terms import SHEET


def refuse_contradictions(contract: Entries) -> None:
    """Raises ValueError with a sentence for what does not hang together."""
    if contract.consent is None and contract.grain in ("case", "interception"):
        raise ValueError(
            f"grain {contract.grain} needs `consent`: {{column: …, values: …}} or "
            "{basis: agreement, reference: …}"
        )
    _refuse_scattered_names(contract)
    takes_back = contract.withdrawn or (contract.consent and "withdrawn" in contract.consent.values.values())
    if takes_back and not contract.delivery.key_parts and contract.delivery.mode == "incremental":
        raise ValueError(
            "a withdrawn record cannot be found again: delivery.key is `content`, and incremental files "
            "do not say what is gone. Name the column with the partner's reference as delivery.key"
        )
    kept = {column for spec in contract.fields.values() for column in spec.columns}
    for column in contract.deny:
        if column in kept:
            raise ValueError(f"column {column!r} is both mapped under fields and denied; keep one of them")
    _refuse_scattered_rows(contract)
    children: dict[str, AnyRepeat | Tab] = {**contract.repeats, **contract.tabs}
    for name, repeat in children.items():
        if isinstance(contract.format, JsonFormat):
            continue
        if not repeat.matches and (
            len(contract.delivery.key_parts) != 1 or SHEET in contract.delivery.key_parts
        ):
            kind = "repeats" if name in contract.repeats else "tabs"
            raise ValueError(
                f"format.{kind}.{name} needs `matches`, the main column that {repeat.parent!r} repeats, "
                "because delivery.key is not a single column"
            )
    for name, spec in contract.fields.items():
        if name.endswith(".point"):
            continue
        if any(column.rsplit("/", 1)[-1].casefold() == "_geolocation" for column in spec.columns):
            raise ValueError(
                f"{name}: _geolocation holds coordinates, which are never kept; deny it, or map it to a "
                "place(role).point, which keeps the county alone"
            )
    around = [
        f"place(transit).{part}" for part in AROUND_POINT if f"place(transit).{part}" in contract.fields
    ]
    points = {"place(transit).place_text", "place(transit).place_code"} & set(contract.fields)
    if around and ("place(transit).list" in contract.fields or not points):
        raise ValueError(
            f"{around[0]} stands beside one point, place(transit).place_text, and not beside a list"
        )
    if not any(place_parts(name) for name in contract.fields):
        raise ValueError("no place is mapped; map at least one, e.g. place(origin).place_text")
    dated = "event_on" in contract.fields or contract.period or contract.extracts
    if not dated and not (isinstance(contract.format, XlsxFormat) and contract.format.has_sheet_months):
        raise ValueError(
            "nothing dates a record: map event_on, declare a period under extracts, or use sheet_month"
        )


def _refuse_scattered_rows(contract: Entries) -> None:
    """Rows that make up one record need its reference, and a word on what they share."""
    count = contract.fields.get("person_count")
    if count and count.count_rows != contract.delivery.person_rows:
        raise ValueError(
            "delivery.person_rows and fields.person_count belong together: with person_rows: true write "
            "person_count: {count_rows: true, compare_with: …}"
        )
    if contract.delivery.person_rows and not contract.delivery.key_parts:
        raise ValueError(
            "delivery.person_rows needs delivery.key, the reference the rows of one record share"
        )
    if contract.items:
        _refuse_unfit_items(contract)
    if contract.constant_within_key and not contract.delivery.person_rows:
        raise ValueError("constant_within_key only goes with delivery.person_rows: true")
    read = {column for spec in contract.fields.values() for column in spec.columns}
    for column in contract.constant_within_key:
        if column not in read:
            raise ValueError(
                f"constant_within_key: no field reads {column!r}, so its rows cannot be compared; map it "
                "or leave it out"
            )


def _refuse_unfit_items(contract: Entries) -> None:
    if not contract.delivery.key_parts or contract.delivery.person_rows:
        raise ValueError(
            "format.items needs delivery.key, the reference that the rows of one record share, and does "
            "not go with delivery.person_rows"
        )
    for name, spec in contract.fields.items():
        kinds = contract.item_kinds_of(spec)
        if kinds and (name not in (*SINGLE_CODES, *MANY_CODES) or len(kinds) < len(spec.columns)):
            raise ValueError(f"{name}: a kind of item feeds a field of codes, and nothing else beside it")
        if kinds and spec.required:
            raise ValueError(f"{name}: not every record has each kind of item; leave `required` out")


def _refuse_scattered_names(contract: Entries) -> None:
    for name, spec in contract.fields.items():
        if len({contract.sheet_of(column) for column in spec.columns}) > 1:
            raise ValueError(f"{name}: the names of one column stand in one sheet, not in a child sheet too")
