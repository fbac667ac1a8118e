"""The sample partners: rebuilt from their seed and naming no real person; tests/pipeline/test_samples.py tells their story."""

import csv
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.contracts import load_contracts
from orchestration.core import SAMPLE_PARTNERS, read_json
from seeds.build.partners import __main__ as command
from seeds.build.partners.journeys import Case, all_cases
from seeds.build.partners.partners import CASE_PARTNERS, MONTHS, month_of
from seeds.build.partners.planted import HOTSPOTS
from seeds.build.partners.truth import activity
from seeds.build.partners.write import CASES, SEED, SynthSummary, generate


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> SynthSummary:
    return generate(tmp_path_factory.mktemp("partners"))


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> SynthSummary:
    return generate(tmp_path_factory.mktemp("early"), months=6, cases=300)


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    return all_cases(SEED, MONTHS, CASES)


def members(path: Path) -> dict[str, bytes]:
    """What a file holds: a workbook's or zip's members unpacked, since packed bytes depend on the zlib at hand."""
    if path.suffix not in (".xlsx", ".zip"):
        return {"": path.read_bytes()}
    with zipfile.ZipFile(path) as workbook:
        assert {member.date_time for member in workbook.infolist()} == {(2026, 10, 5, 0, 0, 0)}
        return {name: workbook.read(name) for name in workbook.namelist()}


def test_the_committed_extracts_are_what_the_seed_gives(made_again: SynthSummary) -> None:
    committed = sorted(path for path in SAMPLE_PARTNERS.glob("*/extracts/*") if path.is_file())
    relative = [path.relative_to(SAMPLE_PARTNERS) for path in committed]
    assert relative == [path.relative_to(made_again.folder) for path in made_again.paths]
    changed = [
        str(path) for path in relative if members(SAMPLE_PARTNERS / path) != members(made_again.folder / path)
    ]
    assert (made_again.partners, made_again.files) == (30, len(committed))
    assert changed == [], (
        "run `python -m seeds.build.partners seeds/partners --force`, or undo the change in seeds/build/partners"
    )
    assert made_again.truth.read_bytes() == (SAMPLE_PARTNERS / made_again.truth.name).read_bytes()


def contents(made: SynthSummary) -> dict[Path, bytes]:
    return {path.relative_to(made.folder): path.read_bytes() for path in made.paths}


def test_another_seed_gives_the_same_files_with_other_bytes(early: SynthSummary, tmp_path: Path) -> None:
    first, other = contents(early), contents(generate(tmp_path, SEED + 1, months=6, cases=300))
    assert first.keys() == other.keys() and first != other


def test_fewer_months_leave_out_the_later_ones_only(
    early: SynthSummary, made_again: SynthSummary, cases: dict[str, list[Case]]
) -> None:
    found = all_cases(SEED, 6, CASES)
    assert max(case.event_on for each in found.values() for case in each) < date(2024, 4, 1)
    assert found["ngamia_north"] == [c for c in cases["ngamia_north"] if c.month < date(2024, 4, 1)]
    later, all_of_them = (
        {path.name for path in made.paths if "2024-04" in path.name} for made in (early, made_again)
    )
    assert not later and all_of_them


def test_the_planted_hotspots_have_more_than_three_times_the_mean_county_and_no_other_has() -> None:
    ratios = activity("origin", month_of(MONTHS - 1))
    assert sum(ratios.values()) / len(ratios) == pytest.approx(1)
    assert {county for county, ratio in ratios.items() if ratio > 3} == {one.place_id for one in HOTSPOTS}


def test_contracts_declare_the_coverage_of_each_case_partner() -> None:
    contracts = load_contracts(SAMPLE_PARTNERS).valid
    for partner in CASE_PARTNERS:
        if not partner.watches:
            continue
        [contract] = contracts[partner.code]
        for month in map(month_of, range(MONTHS)):
            declared = {
                place
                for one in contract.coverage
                if (one.from_ or date.min) <= month <= (one.to or date.max)
                for place in one.places
            }
            watched = set(partner.watches_in(month)) if partner.is_active(month) else set()
            assert declared == watched, (partner.code, month)


def test_truth_file_lists_what_the_months_reach(early: SynthSummary) -> None:
    committed = read_json(SAMPLE_PARTNERS / "truth.json")
    assert [one["corridor_id"] for one in committed["shifts"]] == ["KE010>KE047", "KE009>KE047"]
    assert {one["change"] for one in committed["partner_changes"]} == {"joins", "leaves", "doubles", "moves"}
    truth = read_json(early.truth)
    assert (truth["last_month"], truth["cases"]) == ("2024-03-01", 300)
    assert [one["place_id"] for one in truth["hotspots"]] == ["KE040", "KE003"]
    assert truth["shifts"] == truth["new_ways"] == truth["partner_changes"] == []
    assert load_contracts(early.folder).problems == {}  # the file is no partner


def test_every_file_is_marked_synthetic_and_names_only_fixture_people() -> None:
    given_and_surname = re.compile(r"\b[A-Z][a-z]+ (Testperson|Sampleton|Fixture)\b")
    phone = re.compile(r"(?<![\d-])(?:\+?254|0)[ -]?[17]\d{2}(?:[ -]?\d){6}\b")
    named = 0
    for path in SAMPLE_PARTNERS.glob("*/extracts/*"):
        text = "\n".join(
            content.decode("cp1252" if path.suffix == ".csv" else "utf-8")
            for content in members(path).values()
        )
        assert "synthetic sample" in text.casefold(), path
        assert all("700000" in re.sub(r"\D", "", found) for found in phone.findall(text)), path
        named += len(given_and_surname.findall(text))
    assert named > 100
    assert all("(synthetic)" in path.read_text() for path in SAMPLE_PARTNERS.glob("*/*.yml"))


def test_sample_tables_are_cp1252_and_small() -> None:
    table = next((SAMPLE_PARTNERS / "sungura_legal" / "extracts").iterdir()).read_bytes()
    assert b"Murang\x92a" in table and "café".encode("cp1252") in table
    header, first, *_ = csv.reader(table.decode("cp1252").splitlines(), delimiter=";")
    assert len(header) == len(first) > 10
    assert sum(path.stat().st_size for path in SAMPLE_PARTNERS.glob("*/extracts/*")) < 3_000_000


@pytest.mark.parametrize(
    "size", [("--cases", "0"), ("--cases", "-5"), ("--months", "0"), ("--months", "37")], ids=" ".join
)
def test_impossible_sizes_are_refused(tmp_path: Path, size: tuple[str, str]) -> None:
    ended = CliRunner().invoke(command.main, [str(tmp_path / "made"), *size])
    assert ended.exit_code == 2 and size[0] in ended.output and "range" in ended.output
    assert not (tmp_path / "made").exists()


def test_filled_folder_needs_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    made = SynthSummary(tmp_path, SEED, [], tmp_path, {}, {}, {}, {})
    monkeypatch.setattr(command, "generate", lambda folder, **sizes: asked.append(folder) or made)
    folder = tmp_path / "made"
    folder.mkdir()
    assert CliRunner().invoke(command.main, [str(folder)]).exit_code == 0
    (folder / "notes.txt").write_text("keep me")
    ended = CliRunner().invoke(command.main, [str(folder)])
    assert ended.exit_code == 2 and "is not empty" in ended.output and "--force" in ended.output
    assert len(asked) == 1
    assert CliRunner().invoke(command.main, [str(folder), "--force"]).exit_code == 0 and len(asked) == 2
