"""How far two records agree and how often strangers do, worked by hand; and that no key decides."""

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from orchestration.linkage.comparisons import SILENT, Comparison, SharedWords
from orchestration.linkage.frame import frame_of
from orchestration.linkage.step import link
from orchestration.linkage.tables import LINK_INPUT, NAME_CODES, RICH_CODES
from tests.fixtures.linkage_world import WORLDS, Population

CODES = (*NAME_CODES, *RICH_CODES)


def compared(comparison: Any, *rows: dict[str, Any]) -> dict[tuple[int, int], tuple[int, float]]:
    """Level and chance of each pair of these records, by their places here."""
    shared = {"partner": "a", "sex": "female"}
    table = pa.Table.from_pylist(
        [{**shared, "record_id": at, **row} for at, row in enumerate(rows)], schema=LINK_INPUT
    )
    frame, order = frame_of(table)
    places = {int(record): at for at, record in enumerate(order)}
    pairs = [(one, other) for one in range(len(rows)) for other in range(one + 1, len(rows))]
    ends = np.array([[places[one], places[other]] for one, other in pairs])
    levels, chances = comparison.of(frame)(ends[:, 0], ends[:, 1])
    found = zip(levels.tolist(), chances.tolist(), strict=True)
    return {pair: one for pair, one in zip(pairs, found, strict=True) if one[0] != SILENT}


def test_agreement_on_a_rare_value_is_rarer_among_strangers() -> None:
    """Six give a county. One of five others has b too, or three have a: half a record less, the person's own second."""
    rows = [{"origin": place} for place in ("a", "a", "a", "a", "b", "b", None)]
    found = compared(Comparison("origin", [0.9]), *rows)
    assert len(found) == 15
    assert found[0, 1] == (0, pytest.approx(2.5 / 5))
    assert found[4, 5] == (0, pytest.approx(0.5 / 5))
    assert found[0, 4] == (1, pytest.approx(1 - (4 * 3 + 2 * 1) / (6 * 5)))


def test_numbers_agree_in_steps_of_distance() -> None:
    """1990 1990 1991 1993: of three others one has the same year and one is a year away from the first."""
    rows = [{"birth_year": year} for year in (1990, 1990, 1991, 1993)]
    found = compared(Comparison("birth_year", [0.7, 0.2, 0.05], apart=(0, 1, 2)), *rows)
    assert {pair: level for pair, (level, _) in found.items()} == {
        (0, 1): 0, (0, 2): 1, (1, 2): 1, (2, 3): 2, (0, 3): 3, (1, 3): 3,
    }  # fmt: skip
    assert found[0, 1][1] == pytest.approx(1 / 3)
    assert found[0, 2][1] == pytest.approx((1 + 2) / 2 / 3)


def test_destinations_of_one_origin_are_counted_there() -> None:
    """d is half of all destinations, and the only one given with b."""
    rows = [{"origin": place, "destination": to} for place, to in (*[("b", "d")] * 20, *[("a", "e")] * 20)]
    found = compared(Comparison("destination", [0.9], given=["origin"]), *rows)
    assert found[0, 1][0] == 0
    assert found[0, 1][1] > 0.85
    across = compared(
        Comparison("destination", [0.9], given=["origin"]), *rows, {"origin": "c", "destination": "d"}
    )
    assert across[0, 40][1] == pytest.approx((21 - 1.5) / 40)


def test_exploitation_of_one_corridor_is_counted_there() -> None:
    """All of b's are begging; of those who reach d, half. Worked by hand: of all, 18.5 / 39, of d, (19 + 5 u) / 44."""
    corridors = [("b", "begging")] * 20 + [("a", "farming")] * 20
    rows = [{"origin": place, "destination": "d", "exploitation": form} for place, form in corridors]
    of_d = (19 + 5 * 18.5 / 39) / (39 + 5)
    for given, u in ((["destination"], of_d), (["destination", "origin"], (19 + 5 * of_d) / (19 + 5))):
        found = compared(Comparison("exploitation", [0.9], given=given), *rows)
        assert found[0, 1] == (0, pytest.approx(u))


def test_a_county_is_compared_where_not_both_give_the_ward() -> None:
    rows = [{"origin": "a", "subcounty_code": ward} for ward in ("n1", "n2", None)]
    assert set(compared(Comparison("origin", [0.9], unless="subcounty_code"), *rows)) == {(0, 2), (1, 2)}
    wards = compared(Comparison("subcounty_code", [0.8, 0.1], wider="origin"), *rows)
    assert {pair: level for pair, (level, _) in wards.items()} == {(0, 1): 1}


def named(*words: str, **more: Any) -> dict[str, Any]:
    return {**dict(zip(NAME_CODES, words, strict=False)), **more}


def test_names_are_compared_in_any_order() -> None:
    """`mary` mostly comes first, so that it is baptismal in the name that is written family name first too."""
    rows = [
        named("mary", "otieno"), named("otieno", "mary"), named("mary", "barasa"), named("jane", "otieno"),
    ]  # fmt: skip
    baptismal, other = SharedWords("baptismal", 0.8, 0.1), SharedWords("other", 0.8, 0.7)
    shared = {pair: level % 5 for pair, (level, _) in compared(baptismal, *rows).items()}
    assert shared == {(0, 1): 1, (0, 2): 1, (0, 3): 0, (1, 2): 1, (1, 3): 0, (2, 3): 0}
    shared = {pair: level % 5 for pair, (level, _) in compared(other, *rows).items()}
    assert shared == {(0, 1): 1, (0, 2): 0, (0, 3): 1, (1, 2): 0, (1, 3): 1, (2, 3): 0}


def under_other_keys(records: pa.Table, seed: int) -> tuple[pa.Table, dict[int, int]]:
    """The same records as another home would name and code them, and what each is called there."""
    dice = random.Random(seed)  # noqa: S311  (nothing secret is drawn)
    names: dict[int, int] = {}
    codes: dict[tuple[str, str], str] = {}
    rows = records.to_pylist()
    for row in rows:
        names[row["record_id"]] = dice.getrandbits(62)
        row["record_id"] = names[row["record_id"]]
        for column in CODES:
            if row[column] is not None:
                kind = "name" if column in NAME_CODES else column
                row[column] = codes.setdefault((kind, row[column]), f"{dice.getrandbits(128):032x}")
    return pa.Table.from_pylist(rows, schema=records.schema), names


@pytest.mark.parametrize("world", ["names only", "no names, 20 % missing", "names and answers"])
def test_the_same_records_are_linked_under_any_keys(world: str) -> None:
    records = Population(1500, seed=5, world=WORLDS[world]).records
    here = link(records)
    there_records, names = under_other_keys(records, seed=9)
    there = link(there_records)

    def decided(links: pa.Table, called: dict[int, int] | None = None) -> set[tuple[Any, ...]]:
        return {
            (
                frozenset(called[row[end]] if called else row[end] for end in ("record_a", "record_b")),
                *(row[name] for name in links.column_names[2:]),
            )
            for row in links.to_pylist()
        }

    assert here.links.num_rows > 100
    assert decided(here.links, names) == decided(there.links)
    assert here.expected == there.expected


def test_equally_likely_links_are_not_decided_by_id() -> None:
    """One person at partner a; partner b has her twice, word for word but for the day. Which is linked is no key's choice."""
    shared = {
        "sex": "female", **named("g", "s"), "birth_year": 1990, "nationality": "KEN",
        "origin": "KE040", "destination": "SAU", "exploitation": "domestic",
    }  # fmt: skip
    found = set()
    for ids in ((1, 2, 3), (9, 8, 7)):
        rows = [
            {"record_id": ids[0], "partner": "a", "day": 120, **shared},
            {"record_id": ids[1], "partner": "b", "day": 110, **shared},
            {"record_id": ids[2], "partner": "b", "day": 130, **shared},
        ]
        strangers = [
            {
                "record_id": 100 + number, "partner": "ab"[number % 2], "sex": "female", "day": 50 * number,
                **named(f"given {number}", f"surname {number}"),
                "birth_year": 1950 + number, "origin": f"KE0{number:02}", "destination": f"D{number}",
            }
            for number in range(40)
        ]  # fmt: skip
        every = [*rows, *strangers]
        links = link(pa.Table.from_pylist(every, schema=LINK_INPUT)).links.to_pylist()
        assert {row["status"] for row in links} == {"review"}  # half and half, and so a question
        found.add(frozenset(ids.index(row[end]) for row in links for end in ("record_a", "record_b")))
    assert len(found) == 1
