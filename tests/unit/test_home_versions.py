"""Layout versions of a home: an older one is adopted, a newer one refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.core import Settings, UsageError, prepare_home, read_json


def home_of(tmp_path: Path, layout: int) -> Settings:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "home.json").write_text(json.dumps({"layout_version": layout}))
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "home" / "keys")


def test_a_home_of_version_0_1_is_adopted_with_its_ledger_untouched(tmp_path: Path) -> None:
    settings = home_of(tmp_path, 1)
    ledger = settings.home / "ledger" / "cells.jsonl"
    ledger.parent.mkdir()
    ledger.write_text("as it was")
    prepare_home(settings)
    marked = read_json(settings.home / "home.json")
    assert marked == {"layout_version": 3, "begun_with_layout": 1}
    assert ledger.read_text() == "as it was"


def test_a_home_of_a_newer_njia_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has layout 4; this version of Njia reads layout 3"):
        prepare_home(home_of(tmp_path, 4))
