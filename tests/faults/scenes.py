"""The steps that `each_call` lets fail: what each finds, does, and leaves when it is done."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyrage

from orchestration import intake
from orchestration.core import (
    LINK_KEY,
    RELEASE_KEY,
    STEWARDS_RECIPIENT,
    ReleaseRefused,
    Settings,
    create_missing_keys,
    load_keys,
    prepare_home,
    read_json,
    refreshes,
    summed,
    tombstones_of,
    write_json,
    write_secret,
)
from orchestration.intake.landing.landing import has_its_cells, parquet_path
from orchestration.intake.pulling import pull as pulling
from orchestration.intake.pulling.state import Mark
from orchestration.linkage import Coder
from orchestration.operations import forget, rotate
from orchestration.release import current_release, last_verdict, list_releases, rollback
from orchestration.release.lineage import RECORDS
from orchestration.release.publishing import publish
from orchestration.release.releases import open_edition
from orchestration.stewardship import active_decisions, audit, record_decision
from tests.fixtures.link_code_case import CONTRACT, HEADER, ROWS
from tests.fixtures.release_world import START, build_warehouse, stage_candidate, write_verdict

OLD, NEW = (3, 1, 2), (3, 1, 20)
PARTNER = "fixture_desk"
UNREADABLE = "Synthetic words\nwithout columns\n"
PULLED = b'{"next": null, "results": [{"No": "1", "Date": "03/02/2025"}], "count": 1}'
PULLED_PARTNER = "fixture_form"
FORM = CONTRACT | {
    "contract": PULLED_PARTNER,
    "partner": {"code": PULLED_PARTNER, "steward": "steward@example.org"},
    "format": {"kind": "json", "records": "results"},
    "source": {
        "kind": "kobotoolbox", "server": "https://kf.example.org", "asset": "aFixture", "token_file": "form.token"
    },
}  # fmt: skip
NO_RECORDS = pa.table(
    {"record_id": pa.array([], pa.int64()), "partner": pa.array([], pa.string()), "record": []}
)
Step = Callable[[Settings], None]


def settings_in(folder: Path) -> Settings:
    return Settings(folder / "home", folder / "partners", folder / "home" / "keys", START)


def prepare(settings: Settings) -> None:
    """A home with one landed file, another in the inbox, two releases, and tables for a third."""
    prepare_home(settings)
    settings.keys.mkdir(mode=0o700)
    write_secret(settings.keys / STEWARDS_RECIPIENT, str(identity(settings).to_public()))
    create_missing_keys(settings)
    write_secret(settings.keys / "form.token", "a fixture")
    for partner, content in ((PARTNER, CONTRACT), (PULLED_PARTNER, FORM)):
        contract = settings.partners / partner / "contract.yml"
        contract.parent.mkdir(parents=True)
        contract.write_text(json.dumps(content))
    deliver(settings, "cases.csv", HEADER + ROWS)
    take_in(settings)
    deliver(settings, "more.csv", HEADER + ROWS.replace("2025", "2026"))
    build_warehouse(settings, OLD)
    for day in (0, 1):
        stage(settings, day)
        publish(settings, START + timedelta(days=day))
    build_warehouse(settings, NEW)


def identity(settings: Settings) -> pyrage.x25519.Identity:
    path = settings.partners.with_name("stewards.txt")
    if not path.exists():
        path.write_text(str(pyrage.x25519.Identity.generate()))
    return pyrage.x25519.Identity.from_str(path.read_text())


def deliver(settings: Settings, name: str, content: str) -> None:
    path = settings.inbox / PARTNER / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    os.utime(path, (path.stat().st_mtime - 3600,) * 2)


def take_in(settings: Settings) -> None:
    taken = intake.take_in(settings, load_keys(settings), START)
    assert {one.outcome for one in taken} <= {"landed", "already_landed"}, taken


def is_taken_in(settings: Settings) -> bool:
    return len(whole_landings(settings)) == 2 and not list((settings.inbox / PARTNER).rglob("*.csv"))


def deliver_unreadable(settings: Settings) -> None:
    take_in(settings)
    deliver(settings, "unreadable.csv", UNREADABLE)


def hold(settings: Settings) -> None:
    intake.take_in(settings, load_keys(settings), START)


def is_held(settings: Settings) -> bool:
    """What could not be read lies in the inbox as it came."""
    held = settings.inbox / PARTNER / "unreadable.csv"
    return len(whole_landings(settings)) == 2 and held.read_text() == UNREADABLE


def whole_landings(settings: Settings) -> list[str]:
    notes = intake.read_register(settings.landing, PARTNER)
    for extract_id, note in notes.items():
        assert has_its_cells(note, parquet_path(settings.landing, PARTNER, extract_id)), extract_id
        assert intake.sealed_path(settings.sealed, PARTNER, extract_id).is_file(), extract_id
        assert (settings.link_codes / PARTNER / f"{extract_id}.parquet").is_file(), extract_id
    return list(notes)


def decide(settings: Settings) -> None:
    if not is_decided(settings):
        record_decision(
            settings, "place_alias", "A. Fixture", "x", START, text="Sampletown", place_id="KE047"
        )


def is_decided(settings: Settings) -> bool:
    return len(active_decisions(settings, START + timedelta(days=1))["place_alias"]) == 1


def forget_one(settings: Settings) -> None:
    keys = load_keys(settings)
    asked = forget.with_copies(settings, PARTNER, forget.records_called(settings, keys, PARTNER, "2"))
    forget.erase(settings, keys, asked, str(identity(settings)), START, "os:fixture")


def is_forgotten(settings: Settings) -> bool:
    keys = load_keys(settings)
    tombstones = tombstones_of(settings, keys, PARTNER)
    (extract_id,) = whole_landings(settings)
    sealed = intake.sealed_path(settings.sealed, PARTNER, extract_id).read_bytes()
    original = pyrage.decrypt(sealed, [identity(settings)])
    return (
        bool(tombstones.marks)
        and not list(intake.held_of_forgotten(settings, tombstones))
        and b"Achieng" in original
        and b"Testperson" not in original
    )


def stage(settings: Settings, day: int = 2) -> None:
    candidate = stage_candidate(settings, START + timedelta(days=day), inputs_hash=f"{day:08x}" * 8)
    with summed(settings.lineage / candidate.release_id / RECORDS) as partial:
        pq.write_table(NO_RECORDS, partial)
    write_verdict(candidate)


def publish_staged(settings: Settings) -> None:
    if not list(settings.releases.glob(".candidate-*/verdict.json")):
        stage(settings)  # as the next refresh does
    publish(settings, START + timedelta(days=2))


def stage_and_publish(settings: Settings) -> None:
    stage(settings)
    publish(settings, START + timedelta(days=2))


def spoil_verdict(settings: Settings) -> None:
    stage(settings)
    (candidate,) = settings.releases.glob(".candidate-*")
    write_json(candidate / "verdict.json", {**read_json(candidate / "verdict.json"), "verdict": "refused"})


def refuse(settings: Settings) -> None:
    try:
        publish(settings, START + timedelta(days=2))
    except ReleaseRefused:
        return
    raise AssertionError("published although refused")


def is_published(settings: Settings) -> bool:
    left = [path.name for path in (*settings.releases.iterdir(), *settings.home.iterdir())]
    current, verdict = current_release(settings), last_verdict(settings)
    return (
        persons(settings) == sum(NEW)
        and bool(current and verdict and verdict["candidate"] == current.release_id)
        and not [name for name in left if name.startswith((".tmp-", ".candidate-"))]
    )


def persons(settings: Settings) -> int:
    with open_edition(settings, "members") as con:
        (answer,) = con.execute("select sum(person_count) from marts.fct_movements").fetchone() or (0,)
    return int(answer)


def go_back(settings: Settings) -> None:
    if not is_back(settings):
        rollback(settings, list_releases(settings)[-1].release_id, "A. Fixture", "wrong counts", START)


def is_back(settings: Settings) -> bool:
    current = current_release(settings)
    return current is not None and current.release_id == list_releases(settings)[-1].release_id


def log(settings: Settings) -> None:
    for what in ("first", "second"):
        audit.record(settings, "A. Fixture", "viewed", what, records=1)


def is_logged(settings: Settings) -> bool:
    return len(audit.read(settings).lines) >= 2


def keep_journal(settings: Settings) -> None:
    refreshes.end(settings, refreshes.begin(settings, "a run", START), "unchanged")


def is_in_journal(settings: Settings) -> bool:
    last = refreshes.last(settings)
    return refreshes.under_way(settings) is None and last is not None and last.outcome == "unchanged"


class Form:
    """A server that gives one form."""

    def __init__(self, *_: Any) -> None:
        pass

    def within_time(self, work: Any) -> Any:
        return work()

    def fetch(self, into: Path, mark: Mark) -> Mark | None:
        into.write_bytes(PULLED)
        return Mark(etag="one")

    def close(self) -> None:
        pass


def pull(settings: Settings) -> None:
    pulling.pull(settings)


def is_pulled(settings: Settings) -> bool:
    placed = settings.inbox / PULLED_PARTNER / ".complete" / f"{PULLED_PARTNER}.json"
    return placed.read_bytes() == PULLED


def rotate_link(settings: Settings) -> None:
    rotate(settings, "link", str(identity(settings)))


def rotate_stewards(settings: Settings) -> None:
    rotate(settings, "stewards", str(identity(settings)), str(identity(settings).to_public()))


def rotate_release(settings: Settings) -> None:
    rotate(settings, "release")


def lose_link_key(settings: Settings) -> None:
    (settings.keys / LINK_KEY).unlink()


def lose_release_key(settings: Settings) -> None:
    (settings.keys / RELEASE_KEY).unlink()


def has_codes_of_its_key(settings: Settings) -> bool:
    (extract_id,) = whole_landings(settings)
    codes = pq.read_table(settings.link_codes / PARTNER / f"{extract_id}.parquet")["phone_code"].to_pylist()
    link_key = load_keys(settings).link_key
    return link_key is not None and Coder(link_key).phone("0712 345 678") in codes


def is_rotated(settings: Settings) -> bool:
    return has_codes_of_its_key(settings) and not list(settings.home.rglob("[!.]*.next"))


@dataclass(frozen=True)
class Scene:
    """A step, what is done before it, how it is done again after a fault, and whether it is done then."""

    work: Step
    is_done: Callable[[Settings], bool]
    before: Step = lambda settings: None
    again: Step | None = None
    holds: Callable[[Settings], bool] = lambda settings: True  # also after a fault
    is_last: bool = True  # what `is_done` looks for is done by the work itself
    at_fault: str = ""  # a file, or kind of file, that the check names until the work is done


SCENES = {
    "take_in": Scene(take_in, is_taken_in),
    "hold": Scene(hold, is_held, before=deliver_unreadable),
    "decide": Scene(decide, is_decided),
    "forget": Scene(forget_one, is_forgotten, at_fault="forgotten records"),
    "stage": Scene(stage, is_published, again=stage_and_publish, is_last=False),
    "publish": Scene(publish_staged, is_published, before=stage, again=stage_and_publish),
    "refuse": Scene(refuse, is_published, before=spoil_verdict, again=stage_and_publish, is_last=False),
    "rollback": Scene(go_back, is_back),
    "audit": Scene(log, is_logged),
    "journal": Scene(keep_journal, is_in_journal),
    "pull": Scene(pull, is_pulled),
    "rotate_link": Scene(rotate_link, is_rotated, holds=has_codes_of_its_key),
    "rotate_stewards": Scene(rotate_stewards, is_rotated, holds=has_codes_of_its_key),
    "rotate_release": Scene(rotate_release, is_rotated, holds=has_codes_of_its_key),
    "rotate_lost_link": Scene(rotate_link, is_rotated, before=lose_link_key, at_fault=f"keys/{LINK_KEY}"),
    "rotate_lost_release": Scene(
        rotate_release, is_rotated, before=lose_release_key, at_fault=f"keys/{RELEASE_KEY}"
    ),
}
