"""Witnesses and referral numbers, worked out by hand."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from orchestration.linkage.tables import LINK_INPUT, NUMBERED
from orchestration.linkage.witnesses import Witnesses, referred, witnesses

DAY = date(2025, 3, 4)


def numbered(*rows: str, **more: Any) -> pa.Table:
    """Records 1, 2, … as `partner incident referral`; `-` is no number."""
    found = []
    for at, (partner, incident, referral) in enumerate((row.split() for row in rows), start=1):
        found.append(
            {"record_id": at, "partner": partner, "source": partner, "record_grain": "case",
             "period_from": DAY, "period_to": DAY, "incident_code": None if incident == "-" else incident,
             "referral_code": None if referral == "-" else referral} | more
        )  # fmt: skip
    return pa.Table.from_pylist(found, schema=NUMBERED)


def persons(table: pa.Table, **values: list[Any]) -> pa.Table:
    rows = [
        {"record_id": at, "partner": partner} | {name: of[at - 1] for name, of in values.items()}
        for at, partner in zip(*(table[name].to_pylist() for name in ("record_id", "partner")), strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=LINK_INPUT)


def witnessed(table: pa.Table, *linked: tuple[int, ...]) -> Witnesses:
    """`linked`: records of one person."""
    rows = [{"record_id": one, "movement_id": min(group)} for group in linked for one in group]
    schema = pa.schema([("record_id", pa.int64()), ("movement_id", pa.int64())])
    return witnesses(table, persons(table), pa.Table.from_pylist(rows, schema=schema))


def found(made: Witnesses) -> dict[int, tuple[int, bool]]:
    return {row["record_id"]: (row["witness_id"], row["is_numbered"]) for row in made.table.to_pylist()}


GROUP = ["a i -"] * 5 + ["b j -"] * 2  # five persons found together at a; two at b


@pytest.mark.parametrize(
    ("rows", "linked", "expected"),
    [
        # a's number i and b's number i are two incidents; one shared person makes i and j one.
        (["a i -", "a i -", "b i -", "b j -", "b j -"], [(2, 4)], [1, 1, 3, 1, 1]),
        (GROUP, [(1, 6)], [1] * 5 + [6] * 2),
        (GROUP, [(1, 6), (2, 7)], [1] * 7),
        # By way of b's incident those of a and c are one.
        (["a i -", "b j -", "b j -", "c k -"], [(1, 2), (3, 4)], [1] * 4),
        # Without a number a linked person counts once, and stands in the incident of its other record.
        (["a - -", "b - -", "a - -", "c - -", "b j -", "b j -"], [(1, 2), (4, 6)], [1, 1, 3, 5, 5, 5]),
    ],
    ids=["one linked person joins", "of five one does not", "of five two do", "on and on", "no number"],
)
def test_incidents_and_linked_persons_are_witnesses(
    rows: list[str], linked: list[tuple[int, ...]], expected: list[int]
) -> None:
    made = found(witnessed(numbered(*rows), *linked))
    assert [witness for witness, _ in made.values()] == expected
    in_incidents = {made[at][0] for at, row in enumerate(rows, start=1) if row.split()[1] != "-"}
    assert all(is_numbered == (witness in in_incidents) for witness, is_numbered in made.values())


def test_numbers_that_are_used_for_everything_or_never_twice_are_ignored() -> None:
    """Of 100 records of a, 21 have one number and 20 another; b's number spans two years; each of c's 21 has its own."""
    rows = ["a wide -"] * 21 + ["a good -"] * 20 + ["a - -"] * 59
    rows += ["b old -", "b old -", *(f"c n{at} -" for at in range(21))]
    table = numbered(*rows)
    days = [DAY] * 101 + [date(2026, 3, 6)] + [DAY] * 21
    for name in ("period_from", "period_to"):
        table = table.set_column(table.column_names.index(name), name, pa.array(days, pa.date32()))
    made = witnessed(table)
    assert [(row["partner"], row["ignored_numbers"], row["records"]) for row in made.ignored_numbers] == [
        ("a", 1, 21), ("b", 1, 2), ("c", 21, 21),
    ]  # fmt: skip
    assert {at for at, (_, is_numbered) in found(made).items() if is_numbered} == {*range(22, 42)}
    assert len({witness for witness, _ in found(made).values()}) == 21 + 1 + 59 + 2 + 21


def test_a_referral_number_links_the_records_that_fit() -> None:
    """1 and 2 have one number, 3 another sex than 4; 5 and 6 are sisters, of whom 7 is the younger; four of a share
    a number with 12.
    """
    rows = ["a - r", "b - r", "a - s", "b - s", "a - t", "a - t", "b - t", *["a - u"] * 4, "b - u", "a - v"]
    table = numbered(*rows)
    sexes = ["female", None, "female", "male", *["female"] * 9]
    years = [None, 1990, None, None, 1995, 2003, 2004, *[None] * 6]
    assert referred(table, persons(table, sex=sexes, birth_year=years)) == {(1, 2), (6, 7)}
    (ignored,) = witnessed(table).ignored_numbers
    assert (ignored["partner"], ignored["field"], ignored["records"]) == ("a", "link.referral_ref", 4)


def test_partners_that_count_from_one_each_pass_no_number_on() -> None:
    table = numbered("a - 1", "b - 1", "a - 2", "b - 2", "a - 3", "b - 3")
    assert referred(table, persons(table, sex=["female"] * 3 + ["male"] * 2 + ["female"])) == frozenset()


def test_the_partner_that_shares_most_persons_is_named() -> None:
    made = witnessed(numbered("a - -", "b - -", "a - -", "b - -", "a - -", "c - -"), (1, 2), (3, 4, 6))
    assert [tuple(row.values()) for row in made.shared_persons] == [
        ("b", "a", 2, 2, 1.0), ("c", "a", 1, 1, 1.0), ("a", "b", 2, 3, pytest.approx(2 / 3)),
    ]  # fmt: skip
