"""What is planted in the sample world stands in the published tables of each edition, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from seeds.build.partners.planted import HOTSPOTS
from tests.evidence_base import EvidenceBase
from tests.fixtures.protected_world import noise

ABANDONED, INSTEAD = "KE010>KE047", "KE009>KE047"
NEW_WAY = "KE015>KE017>KE047"


def shifts(samples: EvidenceBase, edition: str, where: str) -> dict[str, tuple[Any, ...]]:
    rows = samples.work(
        f"""select corridor_id, status, displaced_from, earlier_count, later_count
        from published.shifts where edition = '{edition}' and {where}"""
    )
    return {row[0]: row[1:] for row in rows}


def test_the_public_sees_the_road_that_fell_beside_the_one_that_rose(samples: EvidenceBase) -> None:
    found = shifts(samples, "public", "status <> 'stable'")
    assert found.keys() == {ABANDONED, INSTEAD}, "and no change that only partners' changes suggest"
    fell, _, before, _ = found[ABANDONED]
    assert fell == "fading", "a closed year still has its first five months"
    assert before is None, "an earlier number needs its comparison"
    rose, displaced_from, _, reached = found[INSTEAD]
    assert (rose, displaced_from) == ("growing", ABANDONED) and reached >= 20


def test_members_see_it_abandoned_in_twelve_months(samples: EvidenceBase) -> None:
    found = shifts(samples, "members", "compared = 'months' and via_place_id is null and evidence = 'panel'")
    assert found[ABANDONED][0] == "abandoned" and found[ABANDONED][3] == 0
    assert found[INSTEAD][:2] == ("growing", ABANDONED)


def test_members_see_the_new_way_of_an_old_pair(samples: EvidenceBase) -> None:
    found = shifts(
        samples, "members", "compared = 'months' and via_place_id is not null and evidence = 'panel'"
    )
    assert found[NEW_WAY][0] == "emerging"


@pytest.mark.parametrize("edition", ["members", "public"])
def test_planted_hotspots_are_labelled_in_each_closed_year(samples: EvidenceBase, edition: str) -> None:
    found = samples.work(
        f"""select place_id, role from published.hotspots
        where edition = '{edition}' and period_id = 'year-2025' and people = 'all' and label = 'hotspot'"""
    )
    assert {(one.place_id, one.role) for one in HOTSPOTS} <= set(found)


def test_every_protected_count_is_its_true_count_and_noise_as_the_table_says(samples: EvidenceBase) -> None:
    """Worked out without the project's SQL, for every cell of every table and year."""
    cells = samples.work(
        """select noise_name, period_id, cell_id, true_count, key_sum, epoch, protected_count
        from intermediate.int_protected_cells"""
    )
    assert len(cells) > 500
    for name, period, cell, count, keys, epoch, protected in cells:
        drawn = noise(f"{name}|{period}|{cell}|{keys}|{epoch}", count) if count else 0
        assert protected == count + drawn


def test_a_cell_counts_counted_movements_alone_and_each_once(samples: EvidenceBase) -> None:
    others = samples.work(
        """select count(*) from intermediate.int_cell_members as members
        left join (
            select movements.movement_id from intermediate.int_movements as movements
            inner join intermediate.int_linked_movements as linked
                on movements.movement_id = linked.movement_id
            where movements.is_counted
        ) as counted on members.movement_id = counted.movement_id
        where counted.movement_id is null and members.column_name <> 'stopped_count'"""
    )
    assert others == [(0,)]


PLACE_COLUMNS = (
    ("corridors", "start_place_id"), ("corridors", "end_place_id"), ("corridors_via", "via_place_id"),
    ("starts", "place_id"), ("ends", "place_id"), ("passings", "place_id"), ("border_points", "place_id"),
    ("mentions", "place_id"), ("mentions", "via_place_id"), ("hotspots", "place_id"), ("novelty", "place_id"),
    ("risk", "place_id"),
)  # fmt: skip


def test_places_of_a_table_have_names_of_their_own(samples: EvidenceBase) -> None:
    shared = samples.work("""select place from published.areas group by edition, place having count(*) > 1""")
    assert shared == []
    marked = samples.work("select name from intermediate.int_places where place_id = 'bp-ken-busia'")
    assert marked == [("Busia (border point)",)]


def test_nothing_finer_than_a_county_or_border_point_is_public(samples: EvidenceBase) -> None:
    for table, column in PLACE_COLUMNS:
        kinds = samples.work(
            f"""select distinct places.kind from published.{table} as listed
            inner join intermediate.int_places as places on listed.{column} = places.place_id
            where listed.edition = 'public'"""
        )
        kinds_of_places = {"county", "country", "border_point", "unknown"}
        assert {kind for (kind,) in kinds} <= kinds_of_places, (table, column)
