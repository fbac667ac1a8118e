"""Promise 6: what must not be kept is found nowhere that a refresh writes, looked at decoded.

Compression hides text, so every format is decoded before it is searched, and a planted value proves for each
format that the search would have found it.
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typst

from orchestration.core import Settings, load_keys, read_json
from orchestration.operations import rotate
from tests import scenario
from tests.decoded import decoded
from tests.evidence_base import EvidenceBase

FORBIDDEN = [
    *(name.encode() for name in scenario.PLANTED_NAMES),
    scenario.PLANTED_PHONE.encode(),
    b"calls often",
    b"Qwertyville",  # of S6, and no place
]
PATTERNS = [re.compile(rb"\+254[ \d]{9,}"), re.compile(rb"[\w.]+@(?!\w+\.example)[\w-]+\.\w{2,}")]
# A file of many numbers holds some bytes like a@b.cd by chance; an address that anybody wrote is longer.
PATTERNS_IN_BYTES = [
    PATTERNS[0],
    re.compile(rb"[A-Za-z][\w.]{3,}@(?!\w+\.example)[A-Za-z][\w-]{2,}\.[a-z]{2,}"),
]
# The settings of the tests, not data of a refresh.
NOT_SEARCHED = {"inbox", "keys"}


def searched_in(settings: Settings) -> list[Path]:
    """Every file of the home but the settings of the tests."""
    home = settings.home
    paths = (path for path in home.rglob("*") if path.is_file() and not path.is_symlink())
    return [path for path in paths if path.relative_to(home).parts[0] not in NOT_SEARCHED]


def says(text: bytes, patterns: list[re.Pattern[bytes]]) -> bool:
    return any(value in text for value in FORBIDDEN) or any(pattern.search(text) for pattern in patterns)


def leaks(folder: Path) -> list[str]:
    """Files below the folder that say something forbidden; the value itself is not repeated."""
    found = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if not path.is_file() or path.is_symlink() or inside[0] in NOT_SEARCHED:
            continue
        raw = path.read_bytes()
        patterns_in_raw = PATTERNS_IN_BYTES if b"\0" in raw else PATTERNS
        if says(raw, patterns_in_raw) or any(says(text, PATTERNS) for text in decoded(path) if text != raw):
            found.append("/".join(inside))
    return found


def plant_parquet(path: Path) -> None:
    pq.write_table(pa.table({"a": ["Amina Testperson"] * 500}), path, compression="zstd")


def plant_duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("create table t as select 'Amina Testperson ' || i % 3 as name from range(5000) r(i)")


def plant_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as con:
        con.execute("create table t (a text)")
        con.execute("insert into t values ('Amina Testperson')")


def plant_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", "Amina Testperson " * 100)


def plant_pdf_page(path: Path) -> None:
    path.write_bytes(typst.compile(b"#set page(width: 4cm)\nAmina Testperson was here."))


def plant_pdf_title(path: Path) -> None:
    path.write_bytes(typst.compile('#set document(title: "→ Amina Testperson")\nNothing.'.encode()))


def plant_text(path: Path) -> None:
    path.write_text("call Amina on 0712345678", encoding="utf-8")


@pytest.mark.parametrize(
    "plant",
    [plant_parquet, plant_duckdb, plant_sqlite, plant_zip, plant_pdf_page, plant_pdf_title, plant_text],
    ids=lambda plant: plant.__name__,
)
def test_search_finds_a_planted_value_in_each_format(plant, tmp_path: Path) -> None:
    plant(tmp_path / "planted")
    assert leaks(tmp_path) == ["planted"]


def test_denied_values_are_stored_nowhere(published_world: EvidenceBase) -> None:
    home = published_world.settings.home
    searched = {path.relative_to(home).parts[0] for path in home.rglob("*") if path.is_file()}
    assert {"landing", "sealed", "work", "review", "receipts", "releases", "dagster"} <= searched
    assert leaks(home) == []


def test_published_files_name_no_partner(
    published_world: EvidenceBase,
) -> None:
    release = published_world.settings.current.resolve()
    of_members = (release / "members" / "parquet").glob("published.*.parquet")
    files = [path for path in (*of_members, *(release / "public").rglob("*")) if path.is_file()]
    found = {path.relative_to(release).as_posix() for path in files}
    assert {
        "members/parquet/published.corridors.parquet",
        "public/parquet/published.mentions.parquet",
    } <= found
    names = {partner.encode() for partner, *_ in scenario.EXTRACTS}
    manifest = read_json(release / "manifest.json")
    codes = {str(extract["partner_code"]).encode() for extract in manifest["extracts"]}
    assert names and codes
    for path in files:
        told = b"\n".join([path.read_bytes(), *decoded(path)])
        assert not [name for name in names | codes if name in told], path.name


def test_original_is_sealed_to_the_stewards_key(empty_base: EvidenceBase) -> None:
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    rotate(empty_base.settings, "stewards", recipient=str(identity.to_public()))
    partner, name, content = scenario.EXTRACTS[0]
    empty_base.deliver(partner, name, content)
    from orchestration.intake.taking_in import take_in

    take_in(empty_base.settings, load_keys(empty_base.settings), scenario.AS_OF)
    (sealed,) = (empty_base.settings.sealed / partner).glob("*.age")
    assert pyrage.decrypt(sealed.read_bytes(), [identity]) == content.encode()


def test_value_in_an_error_reaches_no_log_and_no_store(
    evidence_base: EvidenceBase, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A canary: an unexpected error whose text quotes a cell, as a cast error does."""
    from orchestration import places

    def break_down(*_: object, **__: object) -> None:
        duckdb.connect().execute("select cast('canary-Testperson-4711' as integer)")

    monkeypatch.setattr(places, "locate", break_down)
    evidence_base.deliver("kobe_post", "kobe_3.csv", scenario.CASE_HEADER)
    ended = evidence_base.run_job()
    assert ended.error is not None
    assert "ConversionException" in str(ended.error)
    written = "".join(capfd.readouterr())
    assert "canary" not in written + str(ended.error)
    for path in evidence_base.settings.home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert not [text for text in decoded(path) if b"canary" in text], path.name


def test_value_in_a_dbt_error_reaches_no_log_and_no_store(
    evidence_base: EvidenceBase, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same with dbt: a typed table gone wrong, so that a model cannot cast a cell."""
    typed = evidence_base.settings.typed / "withheld_records"
    pq.write_table(
        pa.table(
            {
                "extract_id": ["0" * 16],
                "partner": ["x"],
                "record_id": ["canary-4711"],
                "reason": ["x"],
            }
        ),
        typed / "_empty.parquet",
    )
    from orchestration.core import NjiaError
    from orchestration.warehouse import Part, build

    with pytest.raises(NjiaError) as raised:
        nodes = build(evidence_base.settings, Part.WAREHOUSE)
        broken = [node.name for node in nodes if node.status == "error"]
        raise NjiaError(f"broken: {broken}") if broken else AssertionError("dbt took the canary")
    written = "".join(capfd.readouterr())
    assert "canary" not in written + str(raised.value)
    for path in evidence_base.settings.work.rglob("*"):
        if path.is_file() and path.name != "_empty.parquet" and path.suffix != ".duckdb":
            assert b"canary" not in path.read_bytes(), path.name
