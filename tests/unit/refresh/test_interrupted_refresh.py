"""Ctrl-C ends a refresh at any moment and is recorded as stopped."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration.core import Damaged, Settings, interrupts_kept, is_of_machine, refreshes
from orchestration.defs import boundary, refresh, resources
from orchestration.refresh import Runs
from tests.fixtures.dagster_home import instance, settings

__all__ = ["instance", "settings"]
Work = Callable[[object], None]


@pytest.fixture
def heeded() -> Iterator[Any]:
    """The handler of Ctrl-C, which a process that a shell starts in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_a_parsing_refresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heeded: Any) -> None:
    ran = []

    def parsing(_: object) -> Any:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
            pytest.fail("Ctrl-C did not arrive")
        return SimpleNamespace(resolve_job_def=ran.append)

    monkeypatch.setattr(resources, "evidence_base", parsing)
    home = Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")
    with pytest.raises(KeyboardInterrupt):
        refresh.run_refresh(home)
    last = refreshes.end_if_killed(home)  # as the next start does
    assert last and last.outcome == refreshes.STOPPED
    assert ran, "the job was defined, and not executed"
    assert signal.getsignal(signal.SIGINT) is heeded


def ctrl_c_as(error: Exception) -> None:
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    except BaseException:
        raise error from None


def in_duckdb(_: object) -> None:
    """As DuckDB does it in a query."""
    ctrl_c_as(RuntimeError("Query interrupted"))


def as_damage(_: object) -> None:
    ctrl_c_as(Damaged(Path("file"), "it ended early"))


def swallowed(_: object) -> None:
    with suppress(BaseException):
        as_damage(_)


@pytest.mark.parametrize("work", [in_duckdb, as_damage, swallowed])
def test_ctrl_c_in_a_step_is_an_interrupt_whatever_error_follows(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, heeded: Any, work: Work
) -> None:
    runs = Runs(settings)
    monkeypatch.setattr(Runs, "begin", lambda *_: None)

    @dg.asset
    def measured(context) -> None:  # type: ignore[no-untyped-def]  # Dagster reads annotations
        boundary.step(context, runs, work)

    job = dg.Definitions([measured], jobs=[dg.define_asset_job("job")]).resolve_job_def("job")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success and runs.interrupted and runs.error is None


def test_ctrl_c_in_a_command_is_an_interrupt_and_other_errors_stay(heeded: Any) -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        in_duckdb(None)
    with pytest.raises(Damaged), interrupts_kept():
        raise Damaged(Path("file"), "it ended early")
    assert signal.getsignal(signal.SIGINT) is heeded


def test_an_interrupted_extract_is_not_blamed() -> None:
    assert is_of_machine(RuntimeError("Query interrupted")) and is_of_machine(duckdb.InterruptException("x"))
    assert not is_of_machine(RuntimeError("no such table"))
