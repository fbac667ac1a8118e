"""SIGKILL before each durable step: the current release is always whole, the next refresh finishes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = 6, 24


def tries(folder: Path, scene: str, stride: int = 1) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.faults.kill_at_each_step", str(folder), scene, str(stride)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one["ended"] for one in found] == [-9] * (len(found) - 1) + [0], ran.stderr
    for one in found:
        assert one["recovered"] == 0, ran.stderr
        assert one["after_kill"]["changed"] == []
        if "after_refresh" in one:
            assert one["after_refresh"]["changed"] == [] and one["after_refresh"]["persons"] == NEW
            assert one["leftovers"] == []
    return found


def test_kill_while_publishing_switches_the_release_once(tmp_path: Path) -> None:
    found = tries(tmp_path, "publish")
    persons = [one["after_kill"]["persons"] for one in found]
    assert len(found) > 10
    assert persons == sorted(persons) and set(persons) == {OLD, NEW}


@pytest.mark.parametrize(("scene", "stride"), [("stage", 6), ("refuse", 3)])
def test_kill_while_staging_or_refusing_keeps_the_release(tmp_path: Path, scene: str, stride: int) -> None:
    found = tries(tmp_path, scene, stride)
    assert {one["after_kill"]["persons"] for one in found} == {OLD}


def test_kill_while_rolling_back_keeps_one_of_both_releases(tmp_path: Path) -> None:
    found = tries(tmp_path, "rollback")
    assert len({one["after_kill"]["release"] for one in found}) == 2
