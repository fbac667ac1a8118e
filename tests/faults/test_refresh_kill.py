"""SIGKILL the whole refresh, in a process of its own, at four moments of the way: nothing is ever half published.

The kills follow each other on one home, each at a later moment than the one before: so every start is also the
next refresh after a kill, and has to get past where the last one died. The last one is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings
from orchestration.release import current_release, find_release, list_releases
from orchestration.release.current import open_edition
from orchestration.release.manifest import changed_files, file_hashes
from tests import scenario
from tests.command import Ran, Started, njia
from tests.conftest import EvidenceBase, copy_of

NEW_EXTRACT = "kobe_3.csv"
NEW_ROWS = scenario.CASE_HEADER + (
    "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
    "K5;31/02/2025;F;29;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
)
# K4 is one movement more; the date of K5 cannot be read.
ROWS = scenario.ROWS | {"landed": 24, "current": 19, "quarantined": 3}
MOVEMENTS_BEFORE = sum(scenario.MOVEMENTS.values())

Moment = Callable[[Settings, str], bool]


def kept(settings: Settings) -> set[str]:
    folders = (settings.landing / "kobe_post", settings.sealed / "kobe_post")
    return {path.name for folder in folders for path in folder.iterdir()}


def taking_in(settings: Settings, said: str) -> bool:
    """Something new, whole or partial, lies beside the two extracts of before: 2 × (Parquet, JSON, sealed)."""
    return len(kept(settings)) > 6


def judging(settings: Settings, said: str) -> bool:
    """dbt has begun to build, and the engine to write."""
    written = settings.warehouse.with_suffix(".duckdb.wal")
    return "Judging" in said and written.exists() and written.stat().st_size > 0


def staging(settings: Settings, said: str) -> bool:
    return any(settings.releases.glob(".candidate-*/members/*"))


def about_to_publish(settings: Settings, said: str) -> bool:
    """The candidate is complete and has its verdict."""
    return any(settings.releases.glob(".candidate-*/verdict.json"))


MOMENTS: dict[str, Moment] = {
    "taking in": taking_in,
    "judging": judging,
    "staging": staging,
    "about to publish": about_to_publish,
}


# Taking in a small file is over in a moment; the others last long enough to be met without a busy look-out.
LOOKS_EACH = {taking_in: 0.002, about_to_publish: 0.005}


@dataclass
class Seen:
    """What an onlooker finds after one kill."""

    returncode: int
    current: str
    changed: list[str]
    movements: int
    in_inbox: bool
    landed: int
    sealed: int
    leftovers: list[str]


@dataclass
class Recovery:
    base: EvidenceBase
    first: str
    after: dict[str, Seen] = field(default_factory=dict)
    last: Ran | None = None


def with_a_new_extract(world: EvidenceBase, folder: Path) -> EvidenceBase:
    base = copy_of(world, folder)
    base.deliver("kobe_post", NEW_EXTRACT, NEW_ROWS)
    return base


def kill_at(settings: Settings, name: str, folder: Path) -> int:
    """Start a refresh and SIGKILL it when the moment has come; -9 when it was killed."""
    moment = MOMENTS[name]
    started = Started(folder, "refresh", settings=settings)
    try:
        started.wait_until(lambda: moment(settings, started.said()), name, LOOKS_EACH.get(moment, 0.02))
    finally:
        started.process.kill()
    return started.ended().returncode


def look(base: EvidenceBase, returncode: int) -> Seen:
    settings = base.settings
    current = current_release(settings)
    assert current is not None
    with open_edition(settings, "members") as con:
        (movements,) = con.execute("select count(*) from marts.fct_movements").fetchone() or (0,)
    return Seen(
        returncode=returncode,
        current=current.release_id,
        changed=changed_files(current.path, file_hashes(current.manifest)),
        movements=movements,
        in_inbox=any((settings.inbox / "kobe_post").rglob(NEW_EXTRACT)),
        landed=len(list((settings.landing / "kobe_post").glob("[!.]*.json"))),
        sealed=len(list((settings.sealed / "kobe_post").glob("[!.]*"))),
        leftovers=[path.name for path in settings.releases.iterdir() if path.name.startswith(".candidate-")],
    )


@pytest.fixture(scope="module")
def recovery(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recovery]:
    folder = tmp_path_factory.mktemp("killed")
    base = with_a_new_extract(published_world, folder)
    first = base.release_id()
    assert first
    found = Recovery(base, first)
    for name in MOMENTS:
        found.after[name] = look(base, kill_at(base.settings, name, folder / name))
    found.last = njia("refresh", settings=base.settings)
    yield found


@pytest.fixture(scope="module")
def uninterrupted(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The manifest of the same refresh that nobody kills."""
    base = with_a_new_extract(published_world, tmp_path_factory.mktemp("uninterrupted"))
    ended = base.refresh()
    assert ended.error is None, ended.error
    release = current_release(base.settings)
    assert release is not None
    return release.manifest


each_moment = pytest.mark.parametrize("moment", MOMENTS)


@each_moment
def test_the_refresh_was_killed_where_it_was_meant_to_be(recovery: Recovery, moment: str) -> None:
    seen = recovery.after[moment]
    assert seen.returncode == -9
    assert bool(seen.leftovers) == (moment in ("staging", "about to publish"))


@each_moment
def test_the_current_release_is_the_old_one_opens_and_is_whole(recovery: Recovery, moment: str) -> None:
    seen = recovery.after[moment]
    assert (seen.current, seen.changed, seen.movements) == (recovery.first, [], MOVEMENTS_BEFORE)


@each_moment
def test_what_the_partner_sent_is_in_the_inbox_or_landed_and_sealed(recovery: Recovery, moment: str) -> None:
    seen = recovery.after[moment]
    assert seen.in_inbox or (seen.landed, seen.sealed) == (3, 3)
    assert seen.landed <= seen.sealed, "a landed extract whose original is not kept"


def test_the_next_refresh_publishes(recovery: Recovery) -> None:
    assert recovery.last is not None
    assert recovery.last.returncode == 0, recovery.last.stderr
    assert "Published release" in recovery.last.stdout
    assert not any((recovery.base.settings.inbox / "kobe_post").rglob(NEW_EXTRACT))


def test_rows_are_those_worked_out_by_hand_and_those_of_a_refresh_nobody_killed(
    recovery: Recovery, uninterrupted: dict[str, Any]
) -> None:
    current = current_release(recovery.base.settings)
    assert current is not None
    assert current.release_id != recovery.first
    assert current.manifest["rows"] == uninterrupted["rows"] == ROWS
    assert current.manifest["movements"] == MOVEMENTS_BEFORE + 1
    for name in ("inputs_hash", "content_hash", "movements"):
        assert current.manifest[name] == uninterrupted[name], name
    assert changed_files(current.path, file_hashes(current.manifest)) == []


def test_the_release_of_before_is_still_there_to_go_back_to(recovery: Recovery) -> None:
    settings = recovery.base.settings
    assert len(list_releases(settings)) == 2
    before = find_release(settings, recovery.first)
    assert changed_files(before.path, file_hashes(before.manifest)) == []


def test_no_half_thing_is_left(recovery: Recovery) -> None:
    settings = recovery.base.settings
    places = (settings.landing, settings.sealed, settings.releases, settings.inbox, settings.review)
    left = [
        path.relative_to(settings.home).as_posix()
        for place in places
        for path in place.rglob("*")
        if path.name.startswith((".tmp-", ".candidate-")) or path.suffix == ".part"
    ]
    assert left == []
    assert not list(settings.home.glob(".tmp-*"))
    assert not list(settings.work.glob("dbt-target-*")), "what dbt left of a killed refresh piles up"
