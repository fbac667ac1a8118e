"""Run by test_each_call in a process of its own: lets each durable call of each step fail in turn.

Every try is a forked child on a copy of one home, on a disk that fails at one call (`faulty_disk`). Another child
then looks whether everything is whole, does the step again, and looks whether it is done. Prints one JSON
object per try; `faults` are the sentences of what was not as it should be.

    python -m tests.faults.each_call FOLDER [SCENE ...] [--tries NUMBER] [--seed NUMBER]
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import random
import shutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyrage

from orchestration import intake
from orchestration.core import (
    ReleaseRefused,
    Settings,
    create_missing_keys,
    disk_fault,
    load_keys,
    prepare_home,
    read_json,
    tombstones_of,
)
from orchestration.intake.landing.landing import has_its_cells, parquet_path
from orchestration.intake.pulling import pull as pulling
from orchestration.intake.pulling.state import Mark
from orchestration.linkage import Coder
from orchestration.operations import (
    finish_rotations,
    forget,
    rotation_link,
    rotation_release,
    rotation_stewards,
)
from orchestration.release import current_release, list_releases, publishing, rollback, why_not_signed
from orchestration.release.current import open_edition
from orchestration.release.manifest import changed_files, file_hashes
from orchestration.release.publishing import publish
from orchestration.stewardship import active_decisions, audit, record_decision
from tests.faults.faulty_disk import BROKEN, CUT, FAULTS, FULL, KILL, FaultyDisk, can_happen
from tests.unit.link_code_case import CONTRACT, HEADER, ROWS
from tests.unit.release_world import START, build_warehouse, publish_one, stage_candidate, write_verdict

OLD, NEW = (3, 1, 2), (3, 1, 20)
PARTNER = "fixture_desk"
PULLED = (HEADER + ROWS.replace("2025", "2024")).encode()
SOURCE = {"kind": "https_file", "url": "https://sheets.example.org/cases.csv"}
Step = Callable[[Settings], None]


def settings_in(folder: Path) -> Settings:
    return Settings(folder / "home", folder / "partners", folder / "home" / "keys", START)


def prepare(settings: Settings) -> None:
    """A home with one landed file, another in the inbox, two releases, and tables for a third."""
    prepare_home(settings)
    create_missing_keys(settings.keys, settings.landing, settings.link_codes, settings.releases)
    (settings.keys / "stewards.age.pub").write_text(f"{identity(settings).to_public()}\n")
    contract = settings.partners / PARTNER / "contract.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(json.dumps(CONTRACT | {"source": SOURCE}))
    deliver(settings, "cases.csv", HEADER + ROWS)
    take_in(settings)
    deliver(settings, "more.csv", HEADER + ROWS.replace("2025", "2026"))
    for day in (0, 1):
        publish_one(settings, day, counts=OLD)
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


# --- the steps -----------------------------------------------------------------------------------


def take_in(settings: Settings) -> None:
    intake.take_in(settings, load_keys(settings.keys), START)


def is_taken_in(settings: Settings) -> bool:
    return len(whole_landings(settings)) == 2 and not list((settings.inbox / PARTNER).rglob("*.csv"))


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
    return len(active_decisions(settings, START + timedelta(days=1)).place_aliases) == 1


def forget_one(settings: Settings) -> None:
    keys = load_keys(settings.keys)
    asked = forget.with_copies(settings, PARTNER, forget.records_called(settings, keys, PARTNER, "2"))
    forget.erase(settings, keys, asked, ["2"], str(identity(settings)), START)


def is_forgotten(settings: Settings) -> bool:
    keys = load_keys(settings.keys)
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


def stage(settings: Settings) -> None:
    write_verdict(stage_candidate(settings, START + timedelta(days=2), inputs_hash="e" * 64))


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
    verdict = json.loads((candidate / "verdict.json").read_text())
    (candidate / "verdict.json").write_text(json.dumps({**verdict, "verdict": "refused"}))


def refuse(settings: Settings) -> None:
    try:
        publish(settings, START + timedelta(days=2))
    except ReleaseRefused:
        return
    raise AssertionError("published although refused")


def is_published(settings: Settings) -> bool:
    left = [path.name for path in (*settings.releases.iterdir(), *settings.home.iterdir())]
    return persons(settings) == sum(NEW) and not [
        name for name in left if name.startswith((".tmp-", ".candidate-"))
    ]


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
        audit.record(settings, "A. Fixture", "viewed", what, when=START, records=1)


def is_logged(settings: Settings) -> bool:
    return len(audit.read(settings).lines) >= 2


class Sheet:
    """A server that gives one file."""

    is_folder = False

    def __init__(self, *_: Any) -> None:
        self.left: list[str] = []
        self.faults: list[str] = []

    def names(self) -> list[str]:
        return ["pulled.csv"]

    def fetch(self, name: str, into: Path, mark: Mark) -> Mark | None:
        into.write_bytes(PULLED)
        return Mark(etag="one")

    def close(self) -> None:
        pass


def pull(settings: Settings) -> None:
    pulling.pull(settings)


def is_pulled(settings: Settings) -> bool:
    placed = settings.inbox / PARTNER / ".complete" / "pulled.csv"
    return placed.read_bytes() == PULLED


def rotate_link(settings: Settings) -> None:
    rotation_link.rotate_link(settings, load_keys(settings.keys), str(identity(settings)))


def rotate_stewards(settings: Settings) -> None:
    rotation_stewards.rotate_stewards(settings, str(identity(settings).to_public()), str(identity(settings)))


def rotate_release(settings: Settings) -> None:
    rotation_release.rotate_release(settings)


def is_rotated(settings: Settings) -> bool:
    (extract_id,) = whole_landings(settings)
    codes = pq.read_table(settings.link_codes / PARTNER / f"{extract_id}.parquet")["phone_code"].to_pylist()
    link_key = load_keys(settings.keys).link_key
    assert link_key and Coder(link_key).phone("0712 345 678") in codes, "codes of another key"
    return not list(settings.home.rglob("[!.]*.next"))


@dataclass(frozen=True)
class Scene:
    """A step, what is done before it, how it is done again after a fault, and whether it is done then."""

    work: Step
    is_done: Callable[[Settings], bool]
    before: Step = lambda settings: None
    again: Step | None = None
    last_step: bool = True  # what `is_done` looks for is done by the work itself


SCENES = {
    "take_in": Scene(take_in, is_taken_in),
    "decide": Scene(decide, is_decided),
    "forget": Scene(forget_one, is_forgotten),
    "stage": Scene(stage, is_published, again=stage_and_publish, last_step=False),
    "publish": Scene(publish_staged, is_published, before=stage, again=stage_and_publish),
    "refuse": Scene(refuse, is_published, before=spoil_verdict, again=stage_and_publish, last_step=False),
    "rollback": Scene(go_back, is_back),
    "audit": Scene(log, is_logged),
    "pull": Scene(pull, is_pulled),
    "rotate_link": Scene(rotate_link, is_rotated),
    "rotate_stewards": Scene(rotate_stewards, is_rotated),
    "rotate_release": Scene(rotate_release, is_rotated),
}


# --- a try ---------------------------------------------------------------------------------------


def in_child(work: Callable[[], Any], report: Path) -> int:
    """Run in a forked child, which writes its answer to a file; 0 when it ended well, -9 when it was killed."""
    report.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            report.write_text(json.dumps(work()))
        except BaseException:
            report.write_text(json.dumps(traceback.format_exc(limit=-6)))
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def on_faulty_disk(settings: Settings, work: Step, at: int, fault: str) -> dict[str, Any]:
    """Do a step; return its calls and, as the command line would, the sentence and exit code of its error."""
    disk = FaultyDisk(settings.home, at, fault)
    disk.install()
    found: dict[str, Any] = {"exit_code": 0, "sentence": ""}
    try:
        work(settings)
        if fault == CUT and at > len(disk.calls):
            disk.cut()  # what was reported as done is on the disk
    except Exception as error:
        shown = disk_fault(error, settings.home) or error
        found = {"exit_code": getattr(shown, "exit_code", 1), "sentence": f"{type(shown).__name__}: {shown}"}
    return {**found, "calls": disk.calls, "modules": sorted(sys.modules)}


def fault_of_sentence(settings: Settings, fault: str, ended: dict[str, Any]) -> str | None:
    """Say what is wrong with how a step ended that was not killed."""
    code, sentence = ended["exit_code"], ended["sentence"]
    if fault == FULL and code:
        mount = next(one for one in (settings.home, *settings.home.parents) if one.is_mount())
        left = [path.name for path in settings.home.rglob(".tmp-*")]
        if code != 6 or f"{mount} has" not in sentence or "give it more room" not in sentence or left:
            return f"a full disk: exit code {code}, {sentence}, left: {left}"
    if fault == BROKEN and code and (code != 6 or str(settings.home) not in sentence):
        return f"an error of the disk: exit code {code}, {sentence}"
    if fault not in (FULL, BROKEN) and code:
        return f"failed: {sentence}"
    return None


def look(settings: Settings) -> None:
    """The release in force is whole and signed, and all that is kept can be read."""
    current = current_release(settings)
    assert current is not None
    assert changed_files(current.path, file_hashes(current.manifest)) == []
    assert why_not_signed(settings, current) is None
    assert persons(settings) in (sum(OLD), sum(NEW))
    assert audit.read(settings).faults == []
    active_decisions(settings, START)
    load_keys(settings.keys)
    for path in settings.home.rglob("*.json"):
        if path.is_relative_to(settings.work) or path.name.startswith(".tmp-"):
            continue
        read_json(path)


def look_and_finish(settings: Settings, scene: Scene, is_after_end: bool) -> int:
    """Return how many persons the release in force counted after the fault."""
    finish_rotations(settings)  # whoever takes the lock does
    look(settings)
    assert not is_after_end or scene.is_done(settings), "done, and lost at a power cut"
    after_fault = persons(settings)
    (scene.again or scene.work)(settings)
    look(settings)
    assert scene.is_done(settings), "not done, although it was done again"
    return after_fault


def try_one(folder: Path, name: str, at: int, fault: str, last: int = 0) -> dict[str, Any]:
    """Do one step on a copy of its home, with a fault at one call, and finish it on a sound disk."""
    scene, settings, report = SCENES[name], settings_in(folder), folder / "report.json"
    is_after_end = fault == CUT and at == last + 1 and scene.last_step
    home, after = settings.home, folder / "home-after"
    for left in (home, after, folder / "home-store"):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(folder / f"template-{name}", home, symlinks=True)
    ended = in_child(lambda: on_faulty_disk(settings, scene.work, at, fault), report)
    found: dict[str, Any] = {"exit_code": 0, "sentence": "", "calls": []}
    faults = []
    if ended != -9:
        found = json.loads(report.read_text())
        faults += [text] if (text := fault_of_sentence(settings, fault, found)) else []
    if after.exists():
        shutil.rmtree(home)
        after.rename(home)
    if in_child(lambda: look_and_finish(settings, scene, is_after_end), report) != 0:
        faults.append(json.loads(report.read_text()))
    found["persons"] = json.loads(report.read_text())
    modules = found.pop("modules", [])
    for module in modules if at == 0 else ():  # here, and not in each child anew
        importlib.import_module(module)
    gc.freeze()
    return {"scene": name, "fault": fault, "at": at, "ended": ended, **found, "faults": faults}


def tries_of(folder: Path, name: str) -> list[tuple[str, int, str]]:
    """Prepare a scene's home; return fault, number and name of each call that can fail."""
    settings = settings_in(folder)
    shutil.rmtree(settings.home, ignore_errors=True)
    shutil.copytree(folder / "template", settings.home, symlinks=True)
    if in_child(lambda: SCENES[name].before(settings), folder / "report.json") != 0:
        raise SystemExit((folder / "report.json").read_text())
    settings.home.rename(folder / f"template-{name}")
    sound = try_one(folder, name, 0, KILL)
    if sound["exit_code"] or sound["faults"]:
        raise SystemExit(f"{name} fails on a sound disk: {sound}")
    return [
        (fault, at, call)
        for at, call in enumerate([*sound["calls"], "end"], start=1)
        for fault in FAULTS
        if (fault == CUT if call == "end" else can_happen(fault, call))
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="*", default=list(SCENES))
    parser.add_argument("--tries", type=int, help="so many of each scene, drawn by the seed; all by default")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    publishing.kept = lambda kind: 2  # so that publishing a third prunes the first
    pulling.KINDS = {"https_file": Sheet}
    settings = settings_in(given.folder)
    if in_child(lambda: prepare(settings), given.folder / "report.json") != 0:
        raise SystemExit((given.folder / "report.json").read_text())
    settings.home.rename(given.folder / "template")
    for name in given.scenes:
        tries = tries_of(given.folder, name)
        last = max(at for _, at, _ in tries) - 1
        drawn = random.Random(f"{given.seed} {name}").sample(  # noqa: S311
            tries, min(given.tries or len(tries), len(tries))
        )
        print(
            json.dumps({"scene": name, "possible": len(tries), "calls": last}),
            flush=True,
        )
        for fault, at, call in sorted(drawn, key=lambda one: one[1]):
            print(json.dumps({**try_one(given.folder, name, at, fault, last), "calls": call}), flush=True)


if __name__ == "__main__":
    main()
