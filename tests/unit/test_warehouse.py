"""dbt's own parsing is done once for a project as it stands, and kept in the home."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration import warehouse
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")


@pytest.fixture
def new_process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home where a process before this one has parsed, and a process that may not parse."""
    warehouse.manifest_path(settings)

    def parse(stamp: str) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(warehouse, "_parsed", parse)
    return settings


def test_another_process_reads_what_was_parsed(new_process: Settings) -> None:
    path = warehouse.manifest_path(new_process)
    assert "fct_movements" in path.read_text(encoding="utf-8")
    kept = warehouse._unpacked(path.with_suffix(".msgpack"))
    assert "model.njia.fct_movements" in kept.nodes and kept.macros


def test_a_changed_project_is_parsed_again(new_process: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "project_hash", lambda: "another project")
    with pytest.raises(AssertionError, match="parsed again"):
        warehouse.manifest_path(new_process)


@pytest.mark.parametrize("name", ["manifest.json", "manifest.msgpack", "manifest.hash"])
def test_what_was_deleted_from_the_work_folder_is_made_again(settings: Settings, name: str) -> None:
    folder = warehouse.manifest_path(settings).parent
    before = (folder / name).read_bytes()
    (folder / name).unlink()
    warehouse.manifest_path(settings)
    assert (folder / name).read_bytes() == before


def test_each_build_has_a_manifest_of_its_own(settings: Settings) -> None:
    """dbt writes compiled SQL, with the paths of one home, into the manifest that it builds from."""
    packed = warehouse.manifest_path(settings).with_suffix(".msgpack")
    first, second = warehouse._unpacked(packed), warehouse._unpacked(packed)
    first.nodes["model.njia.fct_movements"].compiled_code = "select 1"
    assert second.nodes["model.njia.fct_movements"].compiled_code is None
