"""The `njia` command in a process of its own: with arguments, two streams, an exit code, and signals.

What a short command costs is its imports. So each process is forked from one that has imported what takes
long and done nothing else; `from_a_shell` starts the installed command itself, where that is what is tested.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration.core import Settings
from tests import scenario

PROGRAM = Path(sys.executable).with_name("njia")
Ran = subprocess.CompletedProcess[str]
PATIENCE = 600
NARROW = {"NO_COLOR": "1", "COLUMNS": "60"}
ANSI = re.compile(r"\x1b\[")
PRIVATE_KEY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")

# Libraries that take long to import.
HEAVY = {
    "dagster", "dbt", "duckdb", "great_expectations", "matplotlib", "numpy", "openpyxl", "pandas", "pyarrow",
    "scipy", "shapely", "mcp",
}  # fmt: skip

# Not the command line: what it shows depends on the terminal, which is looked at when it is imported.
_IMPORTED_BEFORE = [
    "rich.table",
    "orchestration.defs.refresh",
    "orchestration.operations.status",
    "great_expectations",
    "dbt.cli.main",
    "orchestration.defs.history",
    "orchestration.intake.reading.csv_files",
    # A room imports its modules when a name of theirs is first asked for.
    "orchestration.intake.taking_in",
    "orchestration.linkage.step",
    "orchestration.outputs.exports.write",
    "orchestration.outputs.map_page.page",
    "orchestration.outputs.quality_report",
    "orchestration.outputs.receipts.files",
    "orchestration.outputs.report.write",
    "orchestration.release.publishing",
    "orchestration.release.tracing",
    "orchestration.statistics.measure",
    "orchestration.stewardship.messages.delivery",
]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(_IMPORTED_BEFORE)


def environment(settings: Settings | None = None, **more: str) -> dict[str, str]:
    """As at a shell, without what the tests' own process has set."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("NJIA_", "DAGSTER_"))}
    keys = {"NJIA_KEYS": str(settings.keys)} if settings else {}
    return own | {"NJIA_AS_OF": scenario.AS_OF.isoformat()} | keys | more


def arguments_at(settings: Settings | None, *arguments: str | Path) -> list[str]:
    at = ["--home", settings.home, "--partners", settings.partners] if settings else []
    return [str(argument) for argument in (*arguments, *at)]


class Started:
    """A command under way, whose progress can be watched. What it says goes into files of a folder."""

    def __init__(self, folder: Path, *arguments: str | Path, settings: Settings | None = None, **env: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.stdout, self.stderr = folder / "stdout", folder / "stderr"
        for stream in (self.stdout, self.stderr):
            stream.write_bytes(b"")
        self.process = FORKS.Process(
            target=_run,
            args=(arguments_at(settings, *arguments), environment(settings, **env), self.stdout, self.stderr),
        )
        self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    def said(self) -> str:
        return self.stderr.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, moment: Callable[[], bool], what: str, looks_each: float = 0.02) -> None:
        until = time.monotonic() + PATIENCE
        while not moment():
            assert self.process.is_alive(), f"ended before {what}: {self.said()}"
            assert time.monotonic() < until, f"never came to {what}"
            time.sleep(looks_each)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def ended(self) -> Ran:
        self.process.join(PATIENCE)
        code = self.process.exitcode
        assert code is not None, f"did not end: {self.said()}"
        return Ran([], code, self.stdout.read_text(encoding="utf-8"), self.said())


def njia(*arguments: str | Path, settings: Settings | None = None, **env: str) -> Ran:
    """Run the command to its end."""
    with tempfile.TemporaryDirectory() as folder:
        started = Started(Path(folder), *arguments, settings=settings, **env)
        try:
            ran = started.ended()
        finally:
            started.process.kill()
    assert "Traceback" not in ran.stdout + ran.stderr, ran.stderr
    return ran


def from_a_shell(*arguments: str | Path, settings: Settings | None = None, **env: str) -> Ran:
    """The same with the installed program, and with all that it has to import."""
    ran = subprocess.run(
        [PROGRAM, *arguments_at(settings, *arguments)],
        capture_output=True,
        text=True,
        env=environment(settings, **env),
        timeout=PATIENCE,
    )
    assert "Traceback" not in ran.stdout + ran.stderr, ran.stderr
    return ran


def last_object(ran: Ran) -> dict[str, Any]:
    """The one JSON object, alone on the last line of stdout."""
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def listed_decisions(settings: Settings) -> list[dict[str, Any]]:
    ran = njia("decide", "list", "--json", settings=settings)
    found: list[dict[str, Any]] = last_object(ran)["decisions"]
    return found


def _run(arguments: list[str], env: dict[str, str], stdout: Path, stderr: Path) -> None:
    """In the forked process: become what a shell would have started."""
    gc.freeze()  # a collection would go through all that is imported, and copy its pages
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # found anew, by the environment
    # A test run started in the background hands down an ignored Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, path in ((1, stdout), (2, stderr)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["njia", *arguments]
    from orchestration.cli.root import main

    main()
