"""Make a record of typed source rows: rules across its fields.

`row` combines rows; dbt judges what needs other extracts or resolved places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orchestration.contracts import SINGLE_CODES, Contract
from orchestration.intake import SUBMISSION_KEY, LandedCell
from orchestration.typing.ages import ReadAge
from orchestration.typing.mentions import Child, Mention, Texts, mentions_of
from orchestration.typing.row import Problem, Row, children_of_valid_copy, one_of, weighed
from orchestration.typing.row_reader import RowReader

MentionId = Callable[[Texts], int]


@dataclass
class Record:
    """One record for the typed tables; `values` are the columns of `records`."""

    values: dict[str, Any]
    codes: list[tuple[str, str, int]] = field(default_factory=list)
    mentions: list[tuple[Mention, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def assemble(cells: list[LandedCell], row_reader: RowReader, mention_id: MentionId) -> Record:
    """Make a record of all its cells in one extract, in their order."""
    contract = row_reader.contract
    answers = [cell for cell in cells if cell.field != SUBMISSION_KEY]
    rows, children = _rows_and_children(answers, row_reader)
    row = one_of(rows, contract)
    mentions, transit_count = mentions_of(row, sorted(children, key=lambda child: child[0]), contract)
    sex, age = _sex_and_age(row, contract)
    if not mentions:
        row.note("place", ("Q:no_place",))
    nationalities = row.lists.get("nationality", ())
    count = row.count
    is_group = contract.grain == "case" and max(count.count or 0, count.high or 0, count.low or 0) > 1
    is_prevented = row.codes.get("trafficking_status") is None and contract.grain == "interception"
    values: dict[str, Any] = {name: row.codes.get(name) for name in SINGLE_CODES} | {
        "record_id": cells[0].record_id,
        "record_grain": contract.grain,
        "sheet": rows[0].sheet,
        "row_number": min(source.row_number for source in rows if source.sheet == rows[0].sheet),
        "source_row_count": len(rows),
        "event_kind": row.codes.get("event_kind") or "unknown",
        "event_on": row.when.first,
        "date_precision": row.when.precision,
        "period_from": row.when.first,
        "period_to": row.when.last,
        "round": row_reader.round,
        "submitted_at": row.submitted_at,
        "person_count": count.count,
        "person_count_low": count.low,
        "person_count_high": count.high,
        "count_basis": count.basis,
        "is_group": is_group,
        "sex": sex,
        "age_band": age.band,
        "is_child": age.is_child,
        "nationality": nationalities[0] if len(nationalities) == 1 else "mixed" if nationalities else None,
        "trafficking_status": "prevented" if is_prevented else row.codes.get("trafficking_status"),
        "consent_state": row.codes.get("consent_state") or _consent(contract),
        "embargo_until": row.embargo_until,
        "transit_count": transit_count,
        "submission_key": next((cell.value for cell in cells if cell.field == SUBMISSION_KEY), None),
        "key_basis": "reference" if contract.delivery.key_parts else "content",
    }
    codes = _codes(row, children)
    named = [(mention, mention_id(mention.texts)) for mention in mentions]
    return Record(values, codes, named, list(dict.fromkeys(row.problems)))


def _rows_and_children(cells: list[LandedCell], row_reader: RowReader) -> tuple[list[Row], list[Child]]:
    groups: dict[tuple[str, int, str, int], list[LandedCell]] = {}
    for cell in cells:
        groups.setdefault((cell.sheet, cell.row_number, cell.part, cell.seq), []).append(cell)
    record_id = cells[0].record_id
    rows = [
        row_reader.main_row(record_id, sheet, number, found)
        for (sheet, number, part, _), found in groups.items()
        if not part
    ]
    below = {group: found for group, found in groups.items() if group[2]}
    if not rows:
        rows = [row_reader.main_row(record_id, sheet, number, []) for sheet, number, *_ in list(below)[:1]]
    kept = children_of_valid_copy(rows, list(below.values()))
    children = [(found[0].seq, row_reader.child_row(rows[0], found)) for found in kept]
    return rows, children


def _sex_and_age(row: Row, contract: Contract) -> tuple[str | None, ReadAge]:
    sex, age, count = row.codes.get("sex"), row.age, row.count
    if count.sex and sex in (None, "unknown"):
        sex = count.sex
    elif count.sex and sex != count.sex:
        row.note("sex", weighed(contract, "sex", ("unk:sex_conflict",)))
        sex = "unknown"
    if sex == "mixed" and count.count == 1 and count.basis == "stated":
        row.note("sex", weighed(contract, "sex", ("unk:sex_conflict",)))
        sex = "unknown"
    if row.child_word:
        if age.is_child is False:
            row.note("sex", ("flag:sex_age_conflict",))
        elif age.is_child is None and not age.problems:
            age = ReadAge("child", True)
    return sex, age


def _consent(contract: Contract) -> str | None:
    consent = contract.consent
    if consent is None:
        return "not_needed"
    if consent.column:
        return "given"  # rows with another answer do not land
    return "not_needed" if consent.basis == "not_needed" else "by_agreement"


def _codes(row: Row, children: list[Child]) -> list[tuple[str, str, int]]:
    lists = {name: list(codes) for name, codes in row.lists.items()}
    legs = [place for _, places in children for place in places.values()]
    modes = [code for place in (*row.places.values(), *legs) for code in place.transport]
    lists["transport_mode"] = lists.get("transport_mode", []) + modes
    return [
        (name, code, seq)
        for name, codes in lists.items()
        if codes
        for seq, code in enumerate(dict.fromkeys(codes), start=1)
    ]
