"""Run by test_publish_kill in a process of its own: kills a refresh before each of its durable steps.

Every try is a forked child on a copy of the same home; it counts the calls that change the disk and kills
itself (SIGKILL) before the one it was told. Then another child looks whether the current release is whole,
and after some steps does the next refresh and looks again. Prints one JSON object per try.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from orchestration.core import ReleaseRefused, Settings, read_json
from orchestration.release import current_release, find_release, list_releases, rollback
from orchestration.release.current import open_edition
from orchestration.release.manifest import changed_files, file_hashes
from orchestration.release.publishing import publish
from tests.unit.release_world import (
    START,
    build_warehouse,
    publish_one,
    settings_in,
    stage_candidate,
    write_verdict,
)

DURABLE = ("fsync", "replace", "rename", "unlink", "rmdir", "symlink", "chmod", "mkdir")
OLD, NEW = (3, 1, 2), (3, 1, 20)
# Looking is cheap; the whole next refresh is tried after each fifth step.
REFRESH_EACH = 5


def prepare(settings: Settings) -> None:
    for day in (0, 1):
        publish_one(settings, day, counts=OLD)
    build_warehouse(settings, NEW)


def stage_second(settings: Settings) -> None:
    write_verdict(stage_candidate(settings, START + timedelta(days=2), inputs_hash="e" * 64))


def publish_second(settings: Settings) -> None:
    publish(settings, START + timedelta(days=2))


def refuse_second(settings: Settings) -> None:
    try:
        publish(settings, START + timedelta(days=2))
    except ReleaseRefused:
        return
    raise AssertionError("published although refused")


def spoil_verdict(settings: Settings) -> None:
    stage_second(settings)
    (candidate,) = settings.releases.glob(".candidate-*")
    verdict = read_json(candidate / "verdict.json")
    (candidate / "verdict.json").write_text(json.dumps({**verdict, "verdict": "refused"}))


def go_back(settings: Settings) -> None:
    rollback(settings, list_releases(settings)[-1].release_id, "A. Fixture", "wrong counts", START)


# What is done before, and what is killed.
SCENES: dict[str, tuple[Callable[[Settings], None], Callable[[Settings], None]]] = {
    "stage": (lambda settings: None, stage_second),
    "publish": (stage_second, publish_second),
    "refuse": (spoil_verdict, refuse_second),
    "rollback": (lambda settings: None, go_back),
}


def killed_before(step: int, work: Callable[[Settings], None]) -> Callable[[Settings], None]:
    """The same work, in a process that dies before its durable step number `step`."""

    def run(settings: Settings) -> None:
        done = 0

        def counting(call: Callable[..., Any]) -> Callable[..., Any]:
            def counted(*args: Any, **kwargs: Any) -> Any:
                nonlocal done
                done += 1
                if done == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*args, **kwargs)

            return counted

        for name in DURABLE:
            setattr(os, name, counting(getattr(os, name)))
        work(settings)

    return run


def in_child(work: Callable[[Settings], None], settings: Settings) -> int:
    """Run in a forked child; 0 when it ended well, -9 when it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work(settings)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def look(settings: Settings) -> dict[str, Any]:
    """Whether the current release is whole and opens, and what it answers."""
    current = current_release(settings)
    assert current is not None
    with open_edition(settings, "members") as con:
        row = con.execute("select sum(person_count) from marts.fct_movements").fetchone()
    return {
        "release": current.release_id,
        "changed": changed_files(current.path, file_hashes(current.manifest)),
        "persons": int(row[0]) if row else None,
        "last_named": find_release(settings, "current").is_current,
    }


def look_and_refresh(report: Path, does_refresh: bool) -> Callable[[Settings], None]:
    def run(settings: Settings) -> None:
        after_kill = look(settings)
        if not does_refresh:
            report.write_text(json.dumps({"after_kill": after_kill}))
            return
        stage_second(settings)
        publish_second(settings)
        left = [path.name for path in (*settings.releases.iterdir(), *settings.home.iterdir())]
        leftovers = [name for name in left if name.startswith((".tmp-", ".candidate-"))]
        report.write_text(
            json.dumps({"after_kill": after_kill, "after_refresh": look(settings), "leftovers": leftovers})
        )

    return run


def main(folder: Path, scene: str, stride: int) -> None:
    before, work = SCENES[scene]
    template = folder / "template"

    def prepare_all(settings: Settings) -> None:
        prepare(settings)
        before(settings)

    if in_child(prepare_all, settings_in(template)) != 0:
        sys.exit("The home could not be prepared.")
    step, ended = 1, -9
    while ended == -9:
        home = folder / f"try-{step}"
        shutil.copytree(template, home, symlinks=True)
        settings = settings_in(home)
        ended = in_child(killed_before(step, work), settings)
        report = folder / "report.json"
        report.unlink(missing_ok=True)
        does_refresh = step % REFRESH_EACH == 1 or ended == 0
        recovered = in_child(look_and_refresh(report, does_refresh), settings)
        content = read_json(report) if recovered == 0 else {}
        print(json.dumps({"step": step, "ended": ended, "recovered": recovered, **content}), flush=True)
        shutil.rmtree(home)
        step += stride


if __name__ == "__main__":
    import orchestration.release.publishing as publishing

    publishing.kept = lambda kind: 2  # so that publishing a third prunes the first
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
