"""Link columns become keyed codes in a file of their own, and are stored nowhere else."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from orchestration.core import LINK_KEY, Damaged, Keys, Settings, create_missing_keys, load_keys, prepare_home
from orchestration.intake.taking_in import take_in
from orchestration.linkage import NAME_CODES, Coder
from orchestration.linkage.step import _unneeded_codes, destroy_codes
from orchestration.linkage.tables import needed_extracts
from tests.fixtures.link_code_case import AS_OF, CONTRACT, HEADER, ROWS
from tests.fixtures.partner_files import lying_still

SECRETS = (
    b"Achieng", b"Sampleton", b"Testperson", b"712345678", b"345 678", b"12/05", b"2001-05", b"Matayos",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "home" / "keys")
    prepare_home(settings)
    create_missing_keys(settings)
    return settings


def send(home: Settings, link: dict[str, str] | None, rows: str = ROWS) -> None:
    folder, inbox = home.partners / "fixture_desk", home.inbox / "fixture_desk"
    folder.mkdir(parents=True, exist_ok=True)
    inbox.mkdir(exist_ok=True)
    contract = {name: value for name, value in (CONTRACT | {"link": link}).items() if value}
    (folder / "contract.yml").write_text(yaml.safe_dump(contract))
    (inbox / "cases.csv").write_text(HEADER + rows)
    lying_still(inbox / "cases.csv")
    (taken,) = take_in(home, load_keys(home), AS_OF)
    assert taken.outcome == "landed", taken.reason


def codes(home: Settings) -> list[dict[str, object]]:
    (file,) = home.link_codes.glob("fixture_desk/*.parquet")
    return pq.read_table(file).to_pylist()


def test_identifiers_become_codes_by_record(home: Settings) -> None:
    send(home, CONTRACT["link"])
    keys = load_keys(home)
    coder = Coder(keys.link_key or b"")
    first, second = codes(home)  # the third row gives nothing to code
    assert first == {
        "record_id": keys.record_id("fixture_desk", "fixture_cases|1"), **dict.fromkeys(NAME_CODES),
        **dict(zip(NAME_CODES, coder.names("Acheng", "Sampleton"), strict=False)),
        "phone_code": coder.phone("+254712345678"), "birth_year": 1998,
        "subcounty_code": coder.answer("subcounty", "MATAYOS"),
        "recruited_code": coder.answer("recruited", "2025 1"), "schooling_code": None, "children_code": None,
        "incident_code": coder.reference("incident", "ob12-2025"), "referral_code": None,
    }  # fmt: skip
    # A given name that is none, and a family name.
    assert (second["name_1_code"], second["name_2_code"]) == (*coder.names("Testperson"), None)
    assert second["birth_year"] == 2001
    assert (
        second["referral_code"] == coder.reference("referral", "RF 7") != coder.reference("incident", "RF 7")
    )
    (note,) = home.landing.glob("fixture_desk/*.json")
    assert "`link.incident_ref`: 1 of 2 values are mostly letters" in note.read_text()


def test_every_row_of_a_long_file_leaves_its_codes(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.intake.minimising.keyed_codes._ROWS_IN_A_GROUP", 200)
    row = "{},03/02/2025,Busia,Nairobi,Achieng,Sampleton,,1998,,,,\n"
    send(home, CONTRACT["link"], "".join(row.format(number) for number in range(250)))
    found = codes(home)
    assert len({code["record_id"] for code in found}) == len(found) == 250
    assert {code["birth_year"] for code in found} == {1998}


def test_coded_values_are_stored_nowhere(home: Settings) -> None:
    send(home, CONTRACT["link"])
    (landed,) = home.landing.glob("fixture_desk/*.parquet")
    values = set(pq.read_table(landed)["value"].to_pylist())
    places = {load_keys(home).token(place) for place in ("Busia", "Nairobi")}
    assert values == {"03/02/2025", "04/02/2025", "05/02/2025", *places}
    written = [path for path in home.home.rglob("*") if path.is_file() and home.sealed not in path.parents]
    assert len(written) > 5
    for path in written:
        is_table = path.suffix == ".parquet"
        content = str(pq.read_table(path).to_pylist()).encode() if is_table else path.read_bytes()
        assert not [secret for secret in SECRETS if secret in content], path


def test_without_link_columns_there_are_no_codes_and_ids_stay(home: Settings) -> None:
    send(home, CONTRACT["link"])
    (landed,) = home.landing.glob("fixture_desk/*.parquet")
    before = pq.read_table(landed)
    send(home, None)
    assert not list(home.link_codes.glob("*/*"))
    assert pq.read_table(landed) == before


def test_a_missing_link_column_is_reported(home: Settings) -> None:
    send(home, {**CONTRACT["link"], "schooling": "Class reached"})
    (note,) = home.landing.glob("fixture_desk/*.json")
    assert "column 'Class reached' is not in the file" in note.read_text()


def test_codes_without_an_extract_are_removed(home: Settings) -> None:
    left = home.link_codes / "fixture_desk" / "0123456789abcdef.parquet"
    left.parent.mkdir()
    left.write_bytes(b"left over")
    send(home, CONTRACT["link"])
    assert not left.exists() and len(codes(home)) == 2


def test_destroyed_codes_come_back_when_the_file_is_sent_again(home: Settings) -> None:
    send(home, CONTRACT["link"])
    (file,) = home.link_codes.glob("fixture_desk/*.parquet")
    before = codes(home)
    file.unlink()
    send(home, CONTRACT["link"])
    assert codes(home) == before


@pytest.mark.parametrize(
    ("fates", "kept"),
    [
        (["current", "superseded"], True),
        (["superseded", "withdrawn"], False),
        (["quarantined"], True),  # a steward may yet correct the contract
        (["embargoed"], True),
        (["held"], True),
        ([], False),  # the extract is not in the tables any more
    ],
)
def test_codes_live_while_a_record_of_their_extract_may_count(
    home: Settings, fates: list[str], kept: bool
) -> None:
    send(home, CONTRACT["link"])
    (file,) = home.link_codes.glob("fixture_desk/*.parquet")
    # Another partner sent the same bytes, and they count: that keeps nothing of this one.
    judged = [{"partner": "other_desk", "extract_id": file.stem, "fate": "current"}]
    judged += [{"partner": "fixture_desk", "extract_id": file.stem, "fate": fate} for fate in fates]
    with duckdb.connect() as con:
        con.register("made", pa.Table.from_pylist(judged))
        con.execute("create schema quarantine; create table quarantine.judged_records as from made")
        unneeded = _unneeded_codes(home, needed_extracts(con))
    assert unneeded == ([] if kept else [f"fixture_desk/{file.stem}"])
    assert file.exists(), "until a release is published"
    destroy_codes(home, unneeded)
    assert file.exists() == kept


def test_a_lost_link_key_is_an_error(home: Settings) -> None:
    send(home, CONTRACT["link"])
    (home.keys / LINK_KEY).unlink()
    with pytest.raises(Damaged, match=r"link\.key .+ it is missing\. Restore it from the backup"):
        create_missing_keys(home)


def test_the_link_key_is_a_key_of_its_own(home: Settings) -> None:
    keys = load_keys(home)
    assert keys.link_key not in (None, keys.record_key)
    assert len({keys.ids[name] for name in ("record", "link", "stewards")}) == 3
    assert "link" not in Keys(b"k" * 32, "").ids
