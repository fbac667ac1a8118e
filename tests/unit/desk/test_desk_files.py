"""The members' files as a reader sees them: listed, shown, downloaded, and each noted in the audit log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings
from orchestration.stewardship import audit, store
from orchestration.stewardship.desk.app import DECIDED, LOOKED_AT, make_app
from orchestration.stewardship.desk.views.front import SHOWN
from tests.fixtures.desk_world import ELSEWHERE, OBSERVER, OPERATOR, READER, STEWARD, Visitor, make_desk

CONTENT = {
    "evidence_base.duckdb": b"DUCK",
    "parquet/marts.movements.parquet": b"PAR1",
    "exports/fixture.html": b"<p>Fixture</p>",
    **dict.fromkeys(SHOWN, b"<p>Fixture page</p>"),
}


@dataclass(frozen=True)
class MadeRelease:
    release_id: str
    folder: Path
    is_current: bool = True

    @property
    def manifest(self) -> dict[str, Any]:
        return {"as_of": "2026-11-24T00:00:00+00:00", "movements": 12}

    def edition(self, name: str) -> Path:
        return self.folder / name


@dataclass
class World:
    settings: Settings
    folder: Path
    current: MadeRelease | None

    def visitor(self, name: str = READER) -> Visitor:
        elsewhere = replace(ELSEWHERE, current=lambda _: self.current)
        found = Visitor(make_app(self.settings, 3030, elsewhere))
        assert found.login(name).status_code == 303
        return found

    def logged(self, action: str) -> list[tuple[str, str, str]]:
        lines = audit.read(self.settings).lines
        return [(one["who"], one["what"], one["details"]["file"]) for one in lines if one["action"] == action]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_desk(tmp_path_factory.mktemp("files"))


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> World:
    for name, content in CONTENT.items():
        path = tmp_path / "members" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "members" / "exports" / "link").symlink_to(tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_text("{}")
    return World(settings, tmp_path, MadeRelease("r1-fixture", tmp_path))


def test_a_reader_finds_every_file_of_the_members_edition(world: World) -> None:
    reader = world.visitor()
    assert reader.get("/").headers["location"] == "/files"
    page = reader.get("/files").text
    assert "r1-fixture" in page
    for name in CONTENT:
        assert f'href="/files/{name}"' in page, name
    assert "/work" not in page and "Dagster UI" not in page


def test_every_account_reads_the_files(world: World) -> None:
    for name in (READER, OBSERVER, STEWARD, OPERATOR):
        assert world.visitor(name).get("/files/evidence_base.duckdb").content == b"DUCK", name


def test_a_download_is_saved_under_the_name_of_its_release_and_logged(world: World) -> None:
    answer = world.visitor().get("/files/parquet/marts.movements.parquet")
    assert answer.content == b"PAR1"
    assert 'filename="r1-fixture-marts.movements.parquet"' in answer.headers["content-disposition"]
    assert world.logged("exported")[-1] == (READER, "r1-fixture", "parquet/marts.movements.parquet")


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_is_shown_with_a_policy_that_loads_nothing_and_logged(world: World, name: str) -> None:
    answer = world.visitor().get(f"/files/{name}")
    assert "Fixture page" in answer.text and "content-disposition" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "http" not in policy and "form-action 'none'" in policy
    assert ("script-src 'none'" in policy) is (name != "report/map.html")
    assert world.logged("viewed")[-1] == (READER, "r1-fixture", name)
    headers = world.visitor().get("/files/exports/fixture.html").headers
    assert headers["content-disposition"].startswith("attachment"), "others are saved"


OUTSIDE = (
    "nothing",
    "../manifest.json",
    "%2e%2e/manifest.json",
    "exports/link",
    "exports",
    "",
    "/etc/hostname",
)


def test_path_outside_the_edition_is_404(world: World) -> None:
    reader = world.visitor()
    before = world.logged("exported")
    assert {path: reader.get(f"/files/{path}").status_code for path in OUTSIDE} == dict.fromkeys(OUTSIDE, 404)
    assert world.logged("exported") == before


def test_a_reader_sees_no_page_of_the_desk_and_decides_nothing(world: World) -> None:
    reader = world.visitor()
    for path in LOOKED_AT:
        if "{" not in path:
            assert reader.get(path).status_code == 403, path
    for path in DECIDED:
        assert reader.browser.post(path, data={"kind": "row_exclude"}).status_code == 403


def test_nothing_is_sent_where_the_log_cannot_be_written(world: World, monkeypatch: Any) -> None:
    reader = world.visitor()
    monkeypatch.setattr(store, "SECONDS_TO_WAIT", 0)
    with store.transaction(world.settings):
        answer = reader.get("/files/evidence_base.duckdb")
    assert answer.status_code == 503 and b"DUCK" not in answer.content


def test_files_are_those_of_the_release_in_force(world: World, tmp_path: Path) -> None:
    reader = world.visitor()
    newer = tmp_path / "newer"
    (newer / "members").mkdir(parents=True)
    (newer / "members" / "evidence_base.duckdb").write_bytes(b"NEWER")
    world.current = MadeRelease("r2-fixture", newer)
    assert reader.get("/files/evidence_base.duckdb").content == b"NEWER"
    assert "r2-fixture" in reader.get("/files").text
    world.current = None
    assert "r2-fixture" not in reader.get("/files").text
    assert reader.get("/files/evidence_base.duckdb").status_code == 404
