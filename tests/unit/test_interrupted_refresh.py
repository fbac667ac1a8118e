"""Ctrl-C ends a refresh at any moment and is recorded as stopped."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.core import Settings, refreshes
from orchestration.defs import refresh, resources


def test_ctrl_c_during_parsing_ends_the_refresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []

    def parsing(_: object) -> Any:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
            pytest.fail("Ctrl-C did not arrive")
        return SimpleNamespace(resolve_job_def=ran.append)

    monkeypatch.setattr(resources, "evidence_base", parsing)
    before = signal.getsignal(signal.SIGINT)
    home = Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")
    with pytest.raises(KeyboardInterrupt):
        refresh.run_refresh(home)
    last = refreshes.end_if_killed(home)  # as the next start does
    assert last and last.outcome == refreshes.STOPPED
    assert ran, "the job was defined, and not executed"
    assert signal.getsignal(signal.SIGINT) is before
