"""SIGKILL of a refresh in four of its steps: the current release stays whole, and the next refresh finishes the work.

The kills follow each other on one home, each at a later moment than the one before: so every start is also the
next refresh after a kill. The last one, `njia refresh`, runs to its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings
from orchestration.release import current_release, find_release, list_releases
from orchestration.release.releases import changed_files, file_hashes, open_edition
from tests import scenario, steps
from tests.command import FORKS, PATIENCE, Ran, njia
from tests.evidence_base import EvidenceBase, copy_of

NEW_EXTRACT = "kobe_3.csv"
NEW_ROWS = scenario.CASE_HEADER + (
    "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
    "K5;31/02/2025;F;29;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
)
# K4 is one movement more; the date of K5 cannot be read.
ROWS = scenario.ROWS | {"landed": 24, "current": 19, "quarantined": 3}
MOVEMENTS_BEFORE = sum(scenario.MOVEMENTS.values())

Moment = Callable[[Settings], bool]


def kept(settings: Settings) -> set[str]:
    folders = (settings.landing / "kobe_post", settings.sealed / "kobe_post")
    return {path.name for folder in folders for path in folder.iterdir()}


def taking_in(settings: Settings) -> bool:
    """Something new, whole or partial, lies beside the two extracts of before: 2 × (Parquet, texts, JSON,
    sealed)."""
    return len(kept(settings)) > 8


def judging(settings: Settings) -> bool:
    """dbt builds, and the engine writes."""
    written = settings.work / "building" / f"{settings.warehouse.name}.wal"
    return written.exists() and written.stat().st_size > 0


def staging(settings: Settings) -> bool:
    return any(settings.releases.glob(".candidate-*/members/*"))


def about_to_publish(settings: Settings) -> bool:
    """The candidate is complete and has its verdict."""
    return any(settings.releases.glob(".candidate-*/verdict.json"))


MOMENTS: dict[str, Moment] = {
    "taking in": taking_in,
    "judging": judging,
    "staging": staging,
    "about to publish": about_to_publish,
}


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


def kill_at(settings: Settings, moment: Moment) -> int:
    """Do the steps in a process of its own and SIGKILL it when the moment has come; -9 when it was killed."""
    process = FORKS.Process(target=steps.refresh, args=(settings,))
    process.start()
    until = time.monotonic() + PATIENCE
    while process.is_alive() and not moment(settings):
        assert time.monotonic() < until, f"never came to {moment.__name__}"
        time.sleep(0.002)
    process.kill()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


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
    base = with_a_new_extract(published_world, tmp_path_factory.mktemp("killed"))
    first = base.release_id()
    assert first
    found = Recovery(base, first)
    for name in MOMENTS:
        found.after[name] = look(base, kill_at(base.settings, MOMENTS[name]))
    found.last = njia("refresh", settings=base.settings)
    yield found


@pytest.fixture(scope="module")
def uninterrupted(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The manifest of the same refresh without a kill."""
    base = with_a_new_extract(published_world, tmp_path_factory.mktemp("uninterrupted"))
    ended = base.refresh()
    assert ended.error is None, ended.error
    release = current_release(base.settings)
    assert release is not None
    return release.manifest


each_moment = pytest.mark.parametrize("moment", MOMENTS)


@each_moment
def test_refresh_is_killed_in_the_step(recovery: Recovery, moment: str) -> None:
    seen = recovery.after[moment]
    assert seen.returncode == -9
    assert bool(seen.leftovers) == (moment in ("staging", "about to publish"))


@each_moment
def test_current_release_stays_whole(recovery: Recovery, moment: str) -> None:
    seen = recovery.after[moment]
    assert (seen.current, seen.changed, seen.movements) == (recovery.first, [], MOVEMENTS_BEFORE)


@each_moment
def test_extract_is_in_the_inbox_or_landed_and_sealed(recovery: Recovery, moment: str) -> None:
    seen = recovery.after[moment]
    assert seen.in_inbox or (seen.landed, seen.sealed) == (3, 3)
    assert seen.landed <= seen.sealed, "a landed extract whose original is not kept"


def test_next_refresh_publishes(recovery: Recovery) -> None:
    assert recovery.last is not None
    assert recovery.last.returncode == 0, recovery.last.stderr
    assert "Published release" in recovery.last.stdout
    assert not any((recovery.base.settings.inbox / "kobe_post").rglob(NEW_EXTRACT))


def test_result_equals_an_uninterrupted_refresh(recovery: Recovery, uninterrupted: dict[str, Any]) -> None:
    current = current_release(recovery.base.settings)
    assert current is not None
    assert current.release_id != recovery.first
    assert current.manifest["rows"] == uninterrupted["rows"] == ROWS
    assert current.manifest["movements"] == MOVEMENTS_BEFORE + 1
    for name in ("inputs_hash", "content_hash", "movements"):
        assert current.manifest[name] == uninterrupted[name], name
    assert changed_files(current.path, file_hashes(current.manifest)) == []


def test_earlier_release_is_kept_for_rollback(recovery: Recovery) -> None:
    settings = recovery.base.settings
    assert len(list_releases(settings)) == 2
    before = find_release(settings, recovery.first)
    assert changed_files(before.path, file_hashes(before.manifest)) == []


def test_no_partial_file_is_left(recovery: Recovery) -> None:
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
