"""dbt in this process: parse its project, build nodes of it. Nothing else here imports dbt.

Its own messages may quote a cell (a cast error does), so it makes none and writes no log.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from orchestration.core import NjiaError

WAREHOUSE = "warehouse.duckdb"
QUIET = ("--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "none")
# Tests are asked as queries afterwards, unit tests try the SQL on made-up rows, exposures name readers.
_NO_TABLES = ("test", "unit_test", "exposure")


class Parsed(NamedTuple):
    """What dbt makes of the project: its manifest as JSON, and packed as dbt itself keeps it between runs.
    In both, tests have their queries (`compiled_code`)."""

    text: str
    packed: bytes


def parse(project: Path, scratch: Path) -> Parsed:
    """Parse the project in `project`; dbt writes what it writes into `scratch`."""
    from dbt.cli.main import dbtRunner
    from dbt.parser.manifest import extended_mashumaro_encoder

    folders = _folders(project, scratch)
    # dbt writes the name of the file into every relation: it must be the work file's name.
    with _environment({"NJIA_WAREHOUSE": str(scratch / WAREHOUSE)}):
        parsed = dbtRunner().invoke(["parse", *folders, "--no-partial-parse", *QUIET])
        _stop_unless_parsed(parsed)
        tests = ("--select", "resource_type:test", "--no-populate-cache", "--no-write-json")
        with _saying_nothing():
            compiled = dbtRunner(manifest=parsed.result).invoke(["compile", *folders, *tests, *QUIET])
        _stop_unless_parsed(compiled)
    written = json.loads((scratch / "manifest.json").read_text(encoding="utf-8"))
    for unique_id, node in parsed.result.nodes.items():
        if node.resource_type == "test":
            written["nodes"][unique_id]["compiled_code"] = node.compiled_code
    return Parsed(json.dumps(written), parsed.result.to_msgpack(extended_mashumaro_encoder))


def unpacked(packed: Path) -> Any:
    """dbt's Manifest. A build marks the nodes that it builds as compiled, so none is built from it twice."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    return Manifest.from_msgpack(packed.read_bytes(), decoder=extended_mashumuro_decoder)


def build_nodes(
    manifest: Any, project: Path, warehouse: Path, selection: Sequence[str], as_of: str, threads: int
) -> list[Any]:
    """dbt's results of building models and seeds in the file `warehouse`.

    `selection` is as the command line takes it, `as_of` an ISO date, `threads` how many the engine has.
    Raises NjiaError where dbt could not start.
    """
    from dbt.cli.main import dbtRunner

    work = warehouse.parent
    # One folder, cleared at the start: after Ctrl-C dbt's threads may still write into it for a moment.
    target = work / "dbt" / "target"
    shutil.rmtree(target, ignore_errors=True)
    environment = {"NJIA_WAREHOUSE": str(warehouse), "NJIA_SQL_THREADS": str(threads)}
    with _environment(environment), _saying_nothing():
        result = dbtRunner(manifest=manifest).invoke(
            [
                *("build", *selection),
                *_folders(project, target),
                *("--vars", json.dumps({"work": str(work), "as_of": as_of})),
                "--no-write-json",
                *(word for kind in _NO_TABLES for word in ("--exclude-resource-type", kind)),
                *QUIET,
            ]
        )
    _go_on_unless_interrupted(result)
    if result.result is None:
        raise NjiaError(
            f"dbt could not start ({type(result.exception).__name__}). `make check` parses the project."
        )
    return list(result.result.results)


def _stop_unless_parsed(result: Any) -> None:
    _go_on_unless_interrupted(result)
    if not result.success:
        raise NjiaError(
            f"The dbt project does not parse ({result.exception}). Run `make check` to see it alone."
        )


def _go_on_unless_interrupted(result: Any) -> None:
    """dbt catches Ctrl-C and reports an error of its own: without a text, or one that stopping led to."""
    error = result.exception
    if isinstance(error, MemoryError):
        raise error
    if not result.success and result.result is None and not str(error or ""):
        raise KeyboardInterrupt
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt
        error = error.__cause__ or error.__context__


def _folders(project: Path, target: Path) -> list[str]:
    where = ("--project-dir", str(project), "--profiles-dir", str(project))
    return [*where, "--target-path", str(target), "--log-path", str(target)]


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


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """dbt's profile takes its settings from the environment; put it back afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
