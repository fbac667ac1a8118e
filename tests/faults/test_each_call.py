"""Each durable call of each step fails in turn: nothing is lost, and the next refresh finishes.

`make test-all` draws some tries; `make test-faults` does all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.faulty_disk import CUT, FULL, KILL
from tests.faults.scenes import SCENES

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = 6, 24
TRIES = 12  # of each step


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The tries of each step, drawn by NJIA_TEST_SEED; with NJIA_TEST_FAULTS=all every one."""
    drawn = ["--tries", str(TRIES), "--seed", os.environ.get("NJIA_TEST_SEED", "0")]
    ran = subprocess.run(
        [
            sys.executable, "-m", "tests.faults.each_call", str(tmp_path_factory.mktemp("faults")),
            *([] if os.environ.get("NJIA_TEST_FAULTS") == "all" else drawn),
        ],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return {name: [one for one in lines if one["scene"] == name and "fault" in one] for name in SCENES}


@pytest.mark.parametrize("scene", SCENES)
def test_a_fault_loses_nothing_and_the_step_can_be_done_again(
    found: dict[str, list[dict[str, Any]]], scene: str
) -> None:
    assert len(found[scene]) >= TRIES
    assert [one for one in found[scene] if one["faults"]] == []


def test_faults_of_all_kinds_were_tried_and_reached(found: dict[str, list[dict[str, Any]]]) -> None:
    tries = [one for of_scene in found.values() for one in of_scene]
    assert {one["ended"] for one in tries if one["fault"] in (KILL, CUT)} == {-9}
    assert {one["exit_code"] for one in tries if one["fault"] == FULL} >= {6}


def test_a_publication_switches_the_release_once(found: dict[str, list[dict[str, Any]]]) -> None:
    killed = [one["persons"] for one in found["publish"] if one["fault"] == KILL]
    assert killed == sorted(killed) and set(killed) <= {OLD, NEW}
