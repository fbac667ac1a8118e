"""An evidence base in a folder of its own, over the world of `scenario.py` or the sample partners."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core import SAMPLE_PARTNERS, Settings, adopt_home, create_missing_keys, write_secret
from orchestration.intake.inbox import add_samples
from tests import scenario, steps
from tests.worlds import world

RECORD_KEY, NOISE_KEY = "5eed" * 16, "d1ce" * 16
SAMPLES_AS_OF = datetime(2026, 11, 24, 6, tzinfo=UTC)


@dataclass
class EvidenceBase:
    """What a test does with an installation: deliver files, refresh, ask."""

    settings: Settings

    def write_contract(self, partner: str, text: str) -> Path:
        path = self.settings.partners / partner / "contract.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def deliver(self, partner: str, name: str, content: str | bytes) -> Path:
        path = self.settings.inbox / partner / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        an_hour_ago = path.stat().st_mtime - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))
        return path

    def refresh(self, on_step: Callable[[str], None] = lambda name: None) -> steps.Ended:
        """Do all steps in order, without Dagster; `on_step` is called with the name of each before it."""
        return steps.refresh(self.settings, on_step)

    def run_job(self, selection: list[Any] | None = None) -> Any:
        """Run Dagster's job, or the selected assets of it, as the UI does."""
        from orchestration.defs.refresh import run_refresh

        return run_refresh(self.settings, steps=selection)

    def at(self, moment: datetime) -> EvidenceBase:
        """The same installation on another day."""
        return EvidenceBase(replace(self.settings, fixed_as_of=moment))

    def release_id(self) -> str | None:
        from orchestration.release import current_release

        release = current_release(self.settings)
        return release.release_id if release else None

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        from orchestration.release import run_query

        return run_query(self.settings, sql).rows

    def work(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the work file, which only tests and dbt open."""
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as con:
            return con.execute(sql).fetchall()


def new_evidence_base(folder: Path) -> EvidenceBase:
    partners, home = folder / "partners", folder / "home"
    partners.mkdir(parents=True)
    settings = Settings(home, partners, home / "keys", scenario.AS_OF)
    _make_keys(settings)
    base = EvidenceBase(settings)
    for partner, contract in scenario.PARTNERS.items():
        base.write_contract(partner, contract)
    return base


def _make_keys(settings: Settings) -> None:
    settings.keys.mkdir(parents=True)
    for name, key in (("record.key", RECORD_KEY), ("noise.key", NOISE_KEY)):
        write_secret(settings.keys / name, key)
    adopt_home(settings)
    create_missing_keys(settings)


def copy_of(base: EvidenceBase, folder: Path) -> EvidenceBase:
    """The same installation elsewhere, without Dagster's history."""
    home, partners = folder / "home", folder / "partners"
    # Others may read the home meanwhile, which makes the files beside njia.db; it is whole without them.
    left_out = shutil.ignore_patterns("dagster", "njia.db-*")
    shutil.copytree(base.settings.home, home, symlinks=True, ignore=left_out)
    shutil.copytree(base.settings.partners, partners)
    return EvidenceBase(Settings(home, partners, home / "keys", scenario.AS_OF))


def _publish_scenario(folder: Path) -> None:
    base = new_evidence_base(folder)
    for partner, name, content in scenario.EXTRACTS:
        base.deliver(partner, name, content)
    ended = base.refresh()
    assert ended.error is None, ended.error


def unpublished_samples(folder: Path) -> Settings:
    """Keys, and the committed sample partners in the inbox."""
    settings = _samples_in(folder)
    _make_keys(settings)
    add_samples(settings)
    return settings


def _publish_samples(folder: Path) -> None:
    ended = EvidenceBase(unpublished_samples(folder)).run_job()
    assert ended.error is None, ended.error


def _samples_in(folder: Path) -> Settings:
    home = folder / "home"
    return Settings(home, SAMPLE_PARTNERS, home / "keys", SAMPLES_AS_OF)


def published_scenario() -> EvidenceBase:
    folder = world("scenario", _publish_scenario)
    home = folder / "home"
    return EvidenceBase(Settings(home, folder / "partners", home / "keys", scenario.AS_OF))


def published_samples() -> EvidenceBase:
    return EvidenceBase(_samples_in(world("samples", _publish_samples)))
