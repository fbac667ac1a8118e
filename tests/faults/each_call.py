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
from itertools import zip_longest
from pathlib import Path
from typing import Any

from orchestration.contracts import load_contracts, load_vocabulary
from orchestration.core import Settings, machine_fault
from orchestration.intake.pulling import pull as pulling
from orchestration.operations import check_files, finish_rotations
from orchestration.release import publishing
from tests.faults.faulty_disk import BROKEN, CUT, FAULTS, FULL, KILL, MADE_AGAIN, FaultyDisk, can_happen
from tests.faults.scenes import NEW, OLD, SCENES, Form, Scene, persons, prepare, settings_in


def in_child(work: Callable[[], Any], report: Path) -> tuple[int, Any]:
    """Run in a forked child; return its exit code (-9: it was killed), and its answer or traceback."""
    report.unlink(missing_ok=True)
    known = set(sys.modules)
    child = os.fork()
    if child == 0:
        try:
            code, answer = 0, work()
        except BaseException:
            code, answer = 1, traceback.format_exc(limit=-6)
        report.write_text(json.dumps([answer, sorted(set(sys.modules) - known)]))
        os._exit(code)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    answer, modules = json.loads(report.read_text()) if report.exists() else (None, [])
    for module in modules:  # so that the next child has them
        importlib.import_module(module)
    gc.freeze()
    return ended, answer


def on_faulty_disk(settings: Settings, scene: Scene, at: int, fault: str) -> dict[str, Any]:
    """Do a step; return its calls and, as the command line would, the sentence and exit code of its error."""
    disk = FaultyDisk(settings.home, at, fault)
    disk.install()
    found: dict[str, Any] = {"exit_code": 0, "sentence": ""}
    try:
        scene.work(settings)
        if fault == CUT:  # what was reported as done is on the disk
            disk.cut()
    except Exception as error:
        shown = machine_fault(error, settings.home) or error
        found = {"exit_code": getattr(shown, "exit_code", 1), "sentence": f"{type(shown).__name__}: {shown}"}
    return {**found, "calls": disk.calls}


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


def look(settings: Settings, at_fault: str = "") -> int:
    """Everything that is kept is whole, but what is `at_fault`; return how many persons the release in force counts."""
    damaged = [fault for fault in check_files(settings).faults if at_fault not in (fault.path, fault.kind)]
    assert not damaged, damaged
    counted = persons(settings)
    assert counted in (sum(OLD), sum(NEW))
    return counted


def look_and_finish(settings: Settings, scene: Scene, was_done: bool) -> int:
    """Return how many persons the release counts after the fault. `was_done`: the step said that it is done."""
    finish_rotations(settings)  # whoever takes the lock does
    after_fault = look(settings, scene.at_fault)
    assert scene.holds(settings), "something that always holds does not"
    assert not was_done or scene.is_done(settings), "it ended well, and is not done"
    (scene.again or scene.work)(settings)
    look(settings)
    assert scene.is_done(settings), "not done, although it was done again"
    return after_fault


def different(home: Path, after: Path) -> list[str]:
    """Return the files and links of a home that a power cut changed."""

    def found(folder: Path) -> dict[str, bytes]:
        return {
            name: bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
            for path in folder.rglob("*")
            for name in [path.relative_to(folder).as_posix()]
            if path.is_symlink() or (path.is_file() and path.name != ".lock")
            if not name.startswith(MADE_AGAIN)
        }

    return sorted(dict(found(home).items() ^ found(after).items()))


def try_one(folder: Path, name: str, at: int, fault: str, last: int = 0) -> dict[str, Any]:
    """Do one step on a copy of its home, with a fault at one call, and finish it on a sound disk."""
    scene, settings, report = SCENES[name], settings_in(folder), folder / "report.json"
    home, after = settings.home, folder / "home-after"
    for left in (home, after, folder / "home-store"):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(folder / f"template-{name}", home, symlinks=True)
    ended, found = in_child(lambda: on_faulty_disk(settings, scene, at, fault), report)
    found = found or {"exit_code": None, "sentence": "", "calls": []}
    faults = [] if ended == -9 else [text for text in [fault_of_sentence(settings, fault, found)] if text]
    is_after_end = fault == CUT and at > last
    if is_after_end and (lost := different(home, after)):
        faults.append(f"what the step left is not on the disk: {lost}")
    if after.exists():
        shutil.rmtree(home)
        after.rename(home)
    was_done = scene.is_last and (is_after_end or found["exit_code"] == 0)
    finished, persons_then = in_child(lambda: look_and_finish(settings, scene, was_done), report)
    faults += [persons_then] if finished != 0 else []
    return {
        "scene": name, "fault": fault, "at": at, "ended": ended, **found,
        "persons": persons_then, "faults": faults,
    }  # fmt: skip


def tries_of(folder: Path, name: str) -> list[tuple[str, int, str]]:
    """Prepare a scene's home; return fault, number and name of each call that can fail."""
    settings = settings_in(folder)
    shutil.rmtree(settings.home, ignore_errors=True)
    shutil.copytree(folder / "template", settings.home, symlinks=True)
    make(lambda: SCENES[name].before(settings), settings.home, folder / f"template-{name}")
    sound = try_one(folder, name, 0, KILL)
    if sound["exit_code"] or sound["faults"]:
        raise SystemExit(f"{name} fails on a sound disk: {sound}")
    return [
        (fault, at, call)
        for at, call in enumerate([*sound["calls"], "end"], start=1)
        for fault in FAULTS
        if (fault == CUT if call == "end" else can_happen(fault, call))
    ]


def draw(tries: list[tuple[str, int, str]], seed: str) -> list[tuple[str, int, str]]:
    """Return tries in chance order, the faults in turn; the power cut after the end comes first."""
    shuffled = tries[:-1]
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    by_fault = [[one for one in shuffled if one[0] == fault] for fault in reversed(FAULTS)]
    return tries[-1:] + [one for ones in zip_longest(*by_fault) for one in ones if one]


def make(work: Callable[[], Any], home: Path, template: Path) -> None:
    """Work in a home, and keep it as a template."""
    ended, answer = in_child(work, home.with_name("report.json"))
    if ended != 0:
        raise SystemExit(answer)
    home.rename(template)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="*", default=list(SCENES))
    parser.add_argument("--tries", type=int, help="so many of each scene, drawn by the seed; all by default")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    publishing.kept = lambda kind: 2  # so that publishing a third prunes the first
    pulling.KINDS = {"kobotoolbox": Form}
    settings = settings_in(given.folder)
    make(lambda: prepare(settings), settings.home, given.folder / "template")
    load_vocabulary(), load_contracts(settings.partners)  # here, and not in each child anew
    for name in given.scenes:
        tries = tries_of(given.folder, name)
        last = max(at for _, at, _ in tries) - 1
        drawn = draw(tries, f"{given.seed} {name}")[: given.tries]
        print(json.dumps({"scene": name, "possible": len(tries), "calls": last}), flush=True)
        for fault, at, call in sorted(drawn, key=lambda one: one[1]):
            print(json.dumps({**try_one(given.folder, name, at, fault, last), "call": call}), flush=True)


if __name__ == "__main__":
    main()
