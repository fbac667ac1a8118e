"""Homes made by earlier versions (`tests/homes`): read without a change, then adopted by one refresh."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import Settings, read_json, refreshes
from orchestration.core.home import LAYOUT_VERSION
from orchestration.release import list_releases
from tests.conftest import EvidenceBase
from tests.unit.njia_in_process import Njia, njia

__all__ = ["njia"]
HOMES = Path(__file__).resolve().parents[1] / "homes"
DAY = datetime(2026, 4, 10, 6, tzinfo=UTC)
READING = [("status",), ("releases",), ("verify",), ("audit",), ("decide", "list")]
# K1 was forgotten; it is sent again beside a record that is new.
KOBE_3 = (
    "Ref;Date;Sex;Age;From;Promised;Exploited in;Form;Consent;Name\n"
    "K1;10/03/2025;F;15;Busia;Nairobi;Nairobi;Domestic;Yes;Faraja Testperson\n"
    "K3;12/03/2025;F;27;Kisumu;Nairobi;Nairobi;Domestic;Yes;Imani Testperson\n"
)
LOCKS = ("refresh.holder", "audit/.lock", "decisions/.lock", "notices/.lock")
PUBLIC_YEAR = "from published.corridors where period_id = 'year-2025' order by all"


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def rows(evidence_base: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(evidence_base), read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.fixture(params=["layout-1", "layout-2", "layout-3", "layout-3-last"])
def earlier(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EvidenceBase:
    with tarfile.open(HOMES / f"{request.param}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="tar")
    monkeypatch.setenv("NJIA_PARTNERS", str(tmp_path / "partners"))
    monkeypatch.setenv("NJIA_AS_OF", DAY.isoformat())
    home = tmp_path / "home"
    return EvidenceBase(Settings(home, tmp_path / "partners", home / "keys", DAY))


def test_a_home_of_an_earlier_version_is_read_unchanged_and_adopted_by_a_refresh(
    earlier: EvidenceBase, njia: Njia
) -> None:
    home = earlier.settings.home
    layout = read_json(home / "home.json")["layout_version"]
    before, public = content_of(home), home / "current" / "public" / "evidence_base.duckdb"
    for command in READING:
        ended = njia(*command)
        assert ended.code == 0, (command, ended.err)
    published = list_releases(earlier.settings)
    for release in published:
        assert njia("verify", release.release_id).code == 0, release.release_id
    assert content_of(home) == before
    year = rows(public, PUBLIC_YEAR) if layout > 1 else None
    kept, left = (
        release.path for release in sorted(published[:2], key=lambda release: not release.is_current)
    )

    earlier.deliver("kobe_post", "kobe_3.csv", KOBE_3)
    ended = earlier.refresh()
    assert ended.outcome == refreshes.PUBLISHED, ended.error
    marked = read_json(home / "home.json")
    assert (marked["layout_version"], marked["begun_with_layout"]) == (LAYOUT_VERSION, layout)
    after = content_of(home)
    unchanged = {name for name in before if name.split("/")[0] in ("forgotten", "ledger", "sealed", "keys")}
    assert unchanged and {name: after[name] for name in unchanged} == {
        name: before[name] for name in unchanged
    }
    # 40 + 3 of swala (one without a day that exists), K2 and K3; K1 does not land again.
    assert earlier.ask("select count(*) from marts.fct_movements") == [(45,)]
    # The decision on the place still holds: 40, Qwertyville and K3 come from Kisumu.
    assert earlier.ask(
        "select movement_count from published.corridors where origin = 'Kisumu' and destination = 'Nairobi' "
        "and level = 'od' and period_id = 'year-2025' and population = 'all'"
    ) == [(42,)]
    if year is not None:
        assert year and rows(home / "current" / "public" / "evidence_base.duckdb", PUBLIC_YEAR) == year

    ended = njia("rollback", kept.name, "--author", "Asha Steward", "--reason", "made up for the tests")
    assert ended.code == 0, ended.err
    assert (home / "current").resolve() == kept
    assert njia("verify").code == 0 and njia("verify", left.name).code == 0
    assert njia("query", "select count(*) from marts.fct_movements").code == 0
    checked = njia("check")
    assert checked.code == 0, checked.out


@pytest.mark.parametrize("earlier", ["layout-1", "layout-3-last"], indirect=True)
def test_a_backup_made_before_an_upgrade_gives_the_earlier_home_back(
    earlier: EvidenceBase, njia: Njia, tmp_path: Path
) -> None:
    home, key = earlier.settings.home, tmp_path / "stewards.key"
    before = content_of(home)
    assert njia("backup", tmp_path / "copies").code == 0
    assert content_of(home) == before, "a backup leaves the home to the version that made it"
    assert njia("inbox", "add", "kobe_post", tmp_path / "stewards.key").code == 0
    assert read_json(home / "home.json")["layout_version"] == LAYOUT_VERSION
    back = tmp_path / "back"
    pub = home / "keys" / "release.pub"
    ended = njia("restore", tmp_path / "copies", "--home", back, "--key", key, "--release-pub", pub, "--yes")
    assert ended.code == 0, ended.err
    given = content_of(back)
    # Left out: receipts of a partner with a forgotten record, locks, Dagster's runs; its marks are united with
    # later ones.
    same = {
        name
        for name in before
        if name not in LOCKS and not name.startswith(("receipts/kobe_post/", "forgotten/", "dagster/"))
    }
    assert "sealed" in {name.split("/")[0] for name in same} and {name: given.get(name) for name in same} == {
        name: before[name] for name in same
    }
    assert "forgotten/kobe_post.json" in given
    assert (back / "current").readlink() == (home / "current").readlink()
