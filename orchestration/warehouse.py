"""Run dbt in this process on the work file, and tell what happened without quoting a value.

dbt runs twice a refresh: before linkage and statistics, which are Python, and after them. Its tests of a part
follow when the tables stand (`table_tests`).
Its own messages may quote a cell (a cast error does), so its logs and run_results.json are never written;
what is kept of every node is its name, its status and a count.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import Enum
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from orchestration import durable
from orchestration.errors import NjiaError
from orchestration.settings import DBT_PROJECT, REFERENCE_SEEDS, Settings
from orchestration.table_tests import run_tests

WAREHOUSE, RUN_RESULTS = "warehouse.duckdb", "run_results.json"
_ON_PYTHON = "source:linkage+ source:statistics+"
QUIET = ("--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "none")


class Part(Enum):
    """A part of the project, as dbt selects it: what steps in Python start from, what stands on them."""

    BEFORE_PYTHON = "exclude"
    AFTER_PYTHON = "select"

    @property
    def dagster_selection(self) -> dict[str, str]:
        """As `@dbt_assets` takes it."""
        return {self.value: _ON_PYTHON}

    @property
    def arguments(self) -> list[str]:
        """As the command line takes it."""
        selection = self.dagster_selection
        return [word for name, found in selection.items() for word in (f"--{name}", found)]


@dataclass(frozen=True)
class NodeOutcome:
    """What became of one model, seed or test. `status`: success, pass, fail, warn, error, skipped."""

    unique_id: str
    resource_type: str
    name: str
    status: str
    failures: int
    seconds: float

    @property
    def is_test(self) -> bool:
        return self.resource_type == "test"


def manifest_path(settings: Settings) -> Path:
    """The manifest of the project as it stands now; parsed again only when a file of it has changed."""
    stamp, folder = project_hash(), settings.work / "dbt"
    manifest, packed, marker = (folder / f"manifest.{kind}" for kind in ("json", "msgpack", "hash"))
    if not (manifest.exists() and packed.exists() and marker.exists() and marker.read_text() == stamp):
        folder.mkdir(parents=True, exist_ok=True)
        parsed = _parsed(stamp)
        marker.unlink(missing_ok=True)
        durable.write_text(manifest, parsed.text)
        durable.write_bytes(packed, parsed.packed)
        durable.write_text(marker, stamp)
    return manifest


def build(settings: Settings, as_of: str, part: Part) -> list[NodeOutcome]:
    """Build a part's seeds, models and tests; the first in a fresh work file. `as_of` is an ISO date."""
    from dbt.cli.main import dbtRunner

    if part is Part.BEFORE_PYTHON:
        _start_afresh(settings)
    # One folder, cleared at the start: after Ctrl-C dbt's threads may still write into it for a moment.
    target = settings.work / "dbt" / "target"
    shutil.rmtree(target, ignore_errors=True)
    manifest = _manifest(settings, part)
    outcomes: list[NodeOutcome] = []

    # dbt closes the file after every few nodes, which writes all of it out: held open here, it stays open.
    with _warehouse(settings), duckdb.connect(str(settings.warehouse)) as con:
        with _saying_nothing():
            result = dbtRunner(manifest=manifest).invoke(
                [
                    "build",
                    *part.arguments,
                    *_folders(DBT_PROJECT, str(target)),
                    *("--vars", json.dumps({"work": str(settings.work), "as_of": as_of})),
                    "--no-write-json",
                    # Tests follow at once. Unit tests try the SQL on made-up rows: `make test` runs them.
                    *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
                    *("--exclude-resource-type", "exposure"),  # these only name readers
                    *QUIET,
                ]
            )
        _go_on_unless_interrupted(result)
        if result.result is None:
            raise NjiaError(
                f"dbt could not start ({type(result.exception).__name__}). `make check` parses the project."
            )
        for item in result.result.results:
            outcomes.append(_outcome(item.node, str(item.status), item.failures, item.execution_time))
        statuses = {outcome.unique_id: outcome.status for outcome in outcomes}
        for tested in run_tests(con, manifest, statuses, _built_before(settings)):
            outcomes.append(_outcome(*tested))
    _keep_outcomes(settings, outcomes)
    return outcomes


def read_tables(settings: Settings, tables: Mapping[str, Sequence[str]]) -> dict[str, pa.Table]:
    """Columns of tables of the work file, rows in the order of these columns; the file is closed again.

    `tables` maps `schema.table` to its columns.
    """
    with duckdb.connect(str(settings.warehouse), read_only=True) as con:
        return {
            table: con.execute(
                f"select {', '.join(columns)} from {table} order by all nulls last"
            ).to_arrow_table()
            for table, columns in tables.items()
        }


def _start_afresh(settings: Settings) -> None:
    settings.work.mkdir(parents=True, exist_ok=True)
    for leftover in (
        settings.warehouse,
        settings.warehouse.with_suffix(".duckdb.wal"),
        settings.work / "dbt" / RUN_RESULTS,
    ):
        leftover.unlink(missing_ok=True)
    # Its columns may be those of another version, and each source is a view over what lies there.
    shutil.rmtree(settings.linkage, ignore_errors=True)
    shutil.rmtree(settings.statistics, ignore_errors=True)


def _outcome(node: Any, status: str, failures: int | None, seconds: float | None) -> NodeOutcome:
    return NodeOutcome(
        node.unique_id, str(node.resource_type), node.name, status, int(failures or 0), float(seconds or 0)
    )


def _built_before(settings: Settings) -> set[str]:
    return {earlier["unique_id"] for earlier in _kept_outcomes(settings) if earlier["status"] == "success"}


def _kept_outcomes(settings: Settings) -> list[dict[str, Any]]:
    path = settings.work / "dbt" / RUN_RESULTS
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return found


def _keep_outcomes(settings: Settings, outcomes: Sequence[NodeOutcome]) -> None:
    """Beside those of the part before, so that every test has its result in one place."""
    again = {outcome.unique_id for outcome in outcomes}
    kept = [outcome for outcome in _kept_outcomes(settings) if outcome["unique_id"] not in again]
    durable.write_json(
        settings.work / "dbt" / RUN_RESULTS, [*kept, *(asdict(outcome) for outcome in outcomes)]
    )


def project_hash() -> str:
    """Hash of all that dbt's parsing depends on, so that an unchanged project is not parsed again."""
    digest = hashlib.sha256(f"{DBT_PROJECT}\x00{version('dbt-core')}\x00{version('dbt-duckdb')}\x00".encode())
    folders = (DBT_PROJECT, REFERENCE_SEEDS)
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if not {"target", "logs"} & set(path.parts[len(DBT_PROJECT.parts) :]):
            digest.update(f"{path.name}\x00".encode() + path.read_bytes())
    return digest.hexdigest()


class Parsed(NamedTuple):
    """What dbt makes of the project: its manifest as JSON, and packed as dbt itself keeps it between runs,
    there with the queries of its tests."""

    text: str
    packed: bytes


@cache
def _parsed(stamp: str) -> Parsed:
    """Parse the project with this hash: that costs seconds, so once a process."""
    scratch = tempfile.mkdtemp(prefix="njia-dbt-")
    try:
        return parse_project(DBT_PROJECT, Path(scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def parse_project(project: Path, scratch: Path) -> Parsed:
    from dbt.cli.main import dbtRunner
    from dbt.parser.manifest import extended_mashumaro_encoder

    folders = _folders(project, str(scratch))
    # dbt writes the name of the file into every relation: it must be the work file's name.
    with _environment("NJIA_WAREHOUSE", str(scratch / WAREHOUSE)):
        parsed = dbtRunner().invoke(["parse", *folders, "--no-partial-parse", *QUIET])
        _stop_unless_parsed(parsed)
        text = (scratch / "manifest.json").read_text(encoding="utf-8")
        tests = ("--select", "resource_type:test", "--no-populate-cache", "--no-write-json")
        with _saying_nothing():
            compiled = dbtRunner(manifest=parsed.result).invoke(["compile", *folders, *tests, *QUIET])
        _stop_unless_parsed(compiled)
    return Parsed(text, parsed.result.to_msgpack(extended_mashumaro_encoder))


# A build marks its nodes as compiled, and the parts of one refresh share no node: they share the manifest.
_shared: dict[Path, Any] = {}


def _manifest(settings: Settings, part: Part) -> Any:
    """dbt's Manifest, which the first part of a refresh unpacks anew and the last one lets go."""
    path = manifest_path(settings).with_suffix(".msgpack")
    found = None if part is Part.BEFORE_PYTHON else _shared.pop(path, None)
    found = found or _unpacked(path)
    if part is Part.BEFORE_PYTHON:
        _shared[path] = found
    return found


def _unpacked(path: Path) -> Any:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    return Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)


def _stop_unless_parsed(result: Any) -> None:
    _go_on_unless_interrupted(result)
    if not result.success:
        raise NjiaError(
            f"The dbt project does not parse ({result.exception}). Run `make check` to see it alone."
        )


def _go_on_unless_interrupted(result: Any) -> None:
    """dbt catches Ctrl-C and reports an error of its own: without a text, or one that stopping led to."""
    if not result.success and result.result is None and not str(result.exception or ""):
        raise KeyboardInterrupt
    error = result.exception
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt
        error = error.__cause__ or error.__context__


def _folders(project: Path, target: str) -> list[str]:
    where = ("--project-dir", str(project), "--profiles-dir", str(project))
    return [*where, "--target-path", target, "--log-path", target]


def _warehouse(settings: Settings) -> _environment:
    return _environment("NJIA_WAREHOUSE", str(settings.warehouse))


@contextmanager
def _saying_nothing() -> Iterator[None]:
    """dbt makes dozens of messages a node, for logs that are never written: here it makes none."""
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager

    class Silence(EventManager):
        def fire_event(self, *_: Any, **__: Any) -> None:
            pass

    before = get_event_manager()
    ctx_set_event_manager(Silence())
    try:
        yield
    finally:
        ctx_set_event_manager(before)


class _environment:
    """dbt's profile takes its path from the environment; put it back afterwards."""

    def __init__(self, name: str, value: str) -> None:
        self.name, self.value = name, value

    def __enter__(self) -> None:
        self.before = os.environ.get(self.name)
        os.environ[self.name] = self.value

    def __exit__(self, *_: object) -> None:
        if self.before is None:
            del os.environ[self.name]
        else:
            os.environ[self.name] = self.before
