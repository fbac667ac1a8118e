"""Nothing of Njia listens on a network: the UI is started on loopback, and no code names another address."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from dagster._cli import dev

from orchestration.cli.root import cli
from orchestration.core import PROJECT_ROOT, loopback
from orchestration.core.settings import DEFAULT_DESK_URL


def test_the_ui_starts_its_guarded_webserver_on_loopback_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(dev.dev_command, "main", lambda command, standalone_mode: started.append(command))
    processes: list[list[str]] = []
    monkeypatch.setattr(dev, "open_ipc_subprocess", processes.append)
    monkeypatch.setattr("os.chdir", lambda folder: None)
    monkeypatch.setattr("orchestration.warehouse.manifest_path", lambda settings: tmp_path)
    for name in ("NJIA_HOME", "NJIA_PARTNERS", "NJIA_KEYS", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # the command sets them for the UI: put back afterwards
    at = ["--home", str(tmp_path / "home"), "--partners", str(tmp_path)]
    assert CliRunner().invoke(cli, ["ui", "--port", "4711", *at]).exit_code == 0
    (command,) = started
    assert command[command.index("-h") + 1] == loopback.LOOPBACK
    assert command.count("-h") == 1 and "--host" not in command
    dev.open_ipc_subprocess(["python", "-m", "dagster_webserver", "--port", "4711"])
    own = ["python", "-m", "orchestration.cli.ui.dagster_ui", "dagster_webserver", str(os.getpid())]
    assert processes == [[*own, "--port", "4711"]]
    assert CliRunner().invoke(cli, ["ui", "--host", "0.0.0.0", *at]).exit_code == 2  # noqa: S104


def test_no_code_names_an_address_that_is_not_loopback() -> None:
    assert ipaddress.ip_address(loopback.LOOPBACK).is_loopback
    found = {
        (path.name, address)
        for path in (PROJECT_ROOT / "orchestration").rglob("*.py")
        for address in re.findall(
            r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|\[?::\]?\d*(?=['\"])", path.read_text()
        )
    }
    assert loopback.LOOPBACK in {address for _, address in found}
    assert not {one for one in found if not ipaddress.ip_address(one[1].strip("[]")).is_loopback}
    assert loopback.LOOPBACK in DEFAULT_DESK_URL
