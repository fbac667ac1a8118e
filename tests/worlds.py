"""Installations that many tests start from. Each is built once, and again when code, seeds or its inputs change.

They lie in `.pytest_cache/njia-worlds/<hash>/<world>` and are read only: a world that a test has changed is built
again in the next run.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from orchestration.core import Settings, read_json

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".pytest_cache" / "njia-worlds"
VERSIONS_KEPT = 3
_PROGRAM = ("orchestration", "expectations", "dbt_project", "seeds")
_WRITTEN_BY_TOOLS = {"__pycache__", "target", "logs", "build", ".user.yml"}


def world(name: str, build: Callable[[Path], None]) -> Path:
    """The folder that `build` has filled, in this run or an earlier one of the same program and inputs."""
    version = CACHE / _hash()
    version.mkdir(parents=True, exist_ok=True)
    folder, listing, used_by = version / name, version / f"{name}.json", version / f"{name}.run"
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    with FileLock(version / f"{name}.lock"):
        if used_by.exists() and used_by.read_text() == run:
            return folder
        if not listing.exists() or read_json(listing) != _files(folder):
            listing.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _parse_project(folder)
            build(folder)
            listing.write_text(json.dumps(_files(folder)))
        used_by.write_text(run)
    version.touch()
    return folder


def _parse_project(folder: Path) -> None:
    """Parse the dbt project, once for all processes of a run: each that finds it unparsed takes 13 CPU seconds."""
    from orchestration.warehouse.parsed_project import manifest_path

    with FileLock(CACHE / "parsed.lock"):
        manifest_path(Settings(folder, folder, folder))


def prune() -> None:
    """Delete all but the worlds of the newest versions."""
    versions = sorted(CACHE.glob("*/"), key=lambda path: path.stat().st_mtime, reverse=True)
    for version in versions[VERSIONS_KEPT:]:
        shutil.rmtree(version, ignore_errors=True)


@functools.cache
def _hash() -> str:
    """Hash of the program, its libraries, and the modules that worlds are made by."""
    tests = [
        ROOT / "tests" / name
        for name in (
            "compiled.py", "evidence_base.py", "scenario.py", "steps.py", "worlds.py", "fixtures/small_dbt_project.py",
        )
    ]  # fmt: skip
    program = [path for folder in _PROGRAM for path in sorted((ROOT / folder).rglob("*"))]
    digest = hashlib.sha256(sys.version.encode())
    for path in [ROOT / "uv.lock", *tests, *program]:
        if path.is_file() and not _WRITTEN_BY_TOOLS & set(path.relative_to(ROOT).parts):
            digest.update(str(path).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _files(folder: Path) -> dict[str, list[int]]:
    """Size and time of change of each file."""
    found = {path.relative_to(folder).as_posix(): path.lstat() for path in folder.rglob("*")}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in sorted(found.items())}
