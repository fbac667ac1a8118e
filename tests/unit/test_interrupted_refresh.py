"""Ctrl-C ends a refresh at any moment and is recorded as stopped."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.core import Settings, refreshes
from orchestration.defs import refresh, resources


@pytest.fixture
def heeded() -> Iterator[Any]:
    """The handler of Ctrl-C, which a process that a shell starts in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_during_parsing_ends_the_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heeded: Any
) -> None:
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
