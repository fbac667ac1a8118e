"""Rows that a report counted or added up; a mistyped value is refused."""

import pytest

from orchestration.core import UsageError
from orchestration.release import Release
from orchestration.release.lineage.published_row import counted_rows
from orchestration.release.lineage.traced_tables import TRACED
from tests.fixtures.published_world import MANIFEST, write_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = write_release(tmp_path_factory.mktemp("release"))
    return Release(str(MANIFEST["release_id"]), folder, MANIFEST, True)


def counted(
    release: Release, where: str, edition: str | None = "public", may_be_none: bool = False
) -> dict[str, object]:
    found, _ = counted_rows(release, "corridors", TRACED["corridors"], where, edition, may_be_none)
    return dict(found.counts)


def test_rows_are_counted_and_their_movements_added_up(release: Release) -> None:
    """By hand, from the published world: 226 + 225 + 158 + 49 + 43."""
    assert counted(release, "level=od&period_id=year-2024") == {"rows": 5, "movement_count": 701}
    assert counted(release, "level=od&period_id=year-2024&direction!=within") == {
        "rows": 2,
        "movement_count": 92,
    }


def test_each_counted_row_carries_its_trace_key(release: Release) -> None:
    where = "level=odv&period_id=year-2024"
    _, [(key, row)] = counted_rows(release, "corridors", TRACED["corridors"], where, "members", False)
    assert "|".join(key.values()) == "odv|UGA>bp-ken-malaba>KE047|year-2024|case|all"
    assert (row.counts["movement_count"], row.edition) == (17, "members")


@pytest.mark.parametrize(("where", "said"), [
    ("direction=withn", "has direction=withn. Similar values: within."),
    ("level=od&direction=north", "Values: into, out_of, within."),
    ("nosuch=1", "publishes no table published.corridors with the columns of nosuch=1"),
    ("anything", "does not select rows"),
])  # fmt: skip
def test_a_mistyped_value_is_refused_with_the_nearest_ones(release: Release, where: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        counted(release, where)
    assert said in str(refused.value)


def test_known_values_may_match_no_row_together(release: Release) -> None:
    assert counted(release, "level=country&direction=within") == {"rows": 0}
    assert counted(release, "direction=through", may_be_none=True) == {"rows": 0}
