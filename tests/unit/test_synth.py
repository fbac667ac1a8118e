"""The sample partners: made again from their seed, telling the published story, naming nobody."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from orchestration.contracts import load_contracts
from orchestration.core import SAMPLE_PARTNERS
from seeds.build.partners import __main__ as command
from seeds.build.partners.journeys import Case, all_cases
from seeds.build.partners.partners import CASE_PARTNERS, MONTHS, month_of
from seeds.build.partners.planted import HOTSPOTS, NEW_WAYS, PARTNER_CHANGES, SHIFTS
from seeds.build.partners.route_workbooks import COUNTRY_SPELLINGS, TYPE_SPELLINGS
from seeds.build.partners.truth import activity
from seeds.build.partners.world import TOWNS
from seeds.build.partners.write import CASES, SEED, SynthSummary, generate

MIDDLE_EAST = {
    "Saudi Arabia",
    "United Arab Emirates",
    "Qatar",
    "Kuwait",
    "Oman",
    "Bahrain",
    "Lebanon",
    "Jordan",
}
EUROPE = {"United Kingdom", "Germany", "Belgium"}
ASIA = {"India", "China", "Malaysia", "Nepal", "Bangladesh"}
TRANSIT_2020 = {
    "Busia", "Nambale", "Rongo", "Malaba", "Garissa", "Moyale", "Mandera", "Kismayo", "Liboi", "Marsabit",
    "Mwingi", "Isiolo", "Isebania", "Namanga", "Kwale", "Taveta", "Mombasa",
}  # fmt: skip
COUNTRY_OF_TRANSIT = {
    "Kampala": "Uganda", "Juba": "South Sudan", "Khartoum": "Sudan", "Dubai": "United Arab Emirates",
    "Dar es Salaam": "Tanzania", "Kismayo": "Somalia",
}  # fmt: skip
ORIGIN, INTENDED, EXPLOITED, TRANSIT, INDUSTRY, FORM = (0, 1), (2, 3), (4, 5), 6, 7, 8
Row = tuple[object, ...]


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> SynthSummary:
    return generate(tmp_path_factory.mktemp("partners"))


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


def rows_of_round(name: str) -> Iterator[tuple[str, Row]]:
    for path in sorted(SAMPLE_PARTNERS.glob(f"*/extracts/*{name}.xlsx")):
        sheet = openpyxl.load_workbook(path)["Routes"]
        for row in sheet.iter_rows(min_row=6, values_only=True):
            if row[0] != "TOTAL":
                yield path.parent.parent.name, row


def country(row: Row, columns: tuple[int, int]) -> str | None:
    town, written = (row[column] for column in columns)
    if written is None:
        return "Kenya" if town else None
    back = {other.strip(): name for name, others in COUNTRY_SPELLINGS.items() for other in others}
    return back.get(str(written).strip(), str(written))


def stops(row: Row) -> list[str]:
    text = str(row[TRANSIT] or "")
    return [] if text in ("", "Direct", "None") else re.split(r" > | → |; | - | – | via | & ", text)


def destinations(row: Row) -> set[str]:
    return {found for found in (country(row, INTENDED), country(row, EXPLOITED)) if found}


def destination(row: Row) -> tuple[object, str | None]:
    """Where exploitation was, else where the journey was meant to go."""
    columns = EXPLOITED if country(row, EXPLOITED) else INTENDED
    return row[columns[0]], country(row, columns)


def test_the_committed_extracts_are_what_the_seed_gives(made_again: SynthSummary) -> None:
    committed = sorted(path for path in SAMPLE_PARTNERS.glob("*/extracts/*") if path.is_file())
    relative = [path.relative_to(SAMPLE_PARTNERS) for path in committed]
    assert relative == [path.relative_to(made_again.folder) for path in made_again.paths]
    changed = [
        str(path) for path in relative if members(SAMPLE_PARTNERS / path) != members(made_again.folder / path)
    ]
    assert (made_again.partners, made_again.files) == (29, len(committed))
    assert changed == [], (
        "run `python -m seeds.build.partners seeds/partners --force`, or undo the change in seeds/build/partners"
    )
    assert made_again.truth.read_bytes() == (SAMPLE_PARTNERS / made_again.truth.name).read_bytes()


def test_one_seed_gives_the_same_bytes_twice_and_another_seed_other_bytes(tmp_path: Path) -> None:
    runs = [generate(tmp_path / str(n), seed, cases=300) for n, seed in enumerate((7, 7, 8))]
    first, again, other = (
        {path.relative_to(run.folder): path.read_bytes() for path in run.paths} for run in runs
    )
    assert first == again
    assert first.keys() == other.keys() and first != other


def test_fewer_months_leave_out_the_later_ones_only(tmp_path: Path, cases: dict[str, list[Case]]) -> None:
    early = all_cases(SEED, 6, CASES)
    assert max(case.event_on for found in early.values() for case in found) < date(2024, 4, 1)
    assert early["ngamia_north"] == [c for c in cases["ngamia_north"] if c.month < date(2024, 4, 1)]
    small = generate(tmp_path, months=2, cases=300)
    assert not any("2024Q1" in path.name or "2024-04" in path.name for path in small.paths)


def test_round_one_names_115_routes_in_38_countries(made_again: SynthSummary) -> None:
    rows = [row for _, row in rows_of_round("2019")]
    named = {found for row in rows for found in (country(row, ORIGIN), *destinations(row)) if found}
    named |= {
        COUNTRY_OF_TRANSIT.get(stop, "Kenya") for row in rows for stop in stops(row) if stop != "Addis Ababa"
    }
    assert len(rows) == made_again.route_reports["2019"] == 115
    assert len(named) == 38
    assert named >= MIDDLE_EAST | EUROPE | ASIA | {"Kenya"}
    assert len(named - MIDDLE_EAST - EUROPE - ASIA) == 22


def test_round_one_has_17_forms_led_by_domestic_servitude_and_commercial_sex() -> None:
    back = {other: name for name, others in TYPE_SPELLINGS.items() for other in others}
    labels = Counter(
        (back.get(str(row[FORM]), str(row[FORM])).replace("Commercial sexual", "Sexual"), row[INDUSTRY])
        for _, row in rows_of_round("2019")
    )
    assert len(labels) == 17
    leading = [label for label, _ in labels.most_common(2)]
    assert leading == [("Domestic servitude", "Domestic work"), ("Sexual exploitation", "Commercial sex")]


def test_nairobi_leads_as_destination_and_as_hub_in_round_one_only() -> None:
    rows = [row for _, row in rows_of_round("2019")]
    within = Counter(
        destination(row)[0] for row in rows if country(row, ORIGIN) == destination(row)[1] == "Kenya"
    )
    abroad = MIDDLE_EAST | EUROPE | ASIA
    hubs = Counter(stop for row in rows if destination(row)[1] in abroad for stop in stops(row))
    assert within.most_common(1)[0][0] == "Nairobi"
    assert hubs.most_common(1)[0][0] == "Nairobi"
    assert "Nairobi" not in {stop for _, row in rows_of_round("2020") for stop in stops(row)}


def test_round_two_adds_two_origins_eight_destinations_and_names_17_transit_places() -> None:
    before, after = ([row for _, row in rows_of_round(name)] for name in ("2019", "2020"))
    new_origins = {country(row, ORIGIN) for row in after} - {country(row, ORIGIN) for row in before}
    known = {destination(row)[1] for row in before}
    assert new_origins == {"Finland", "Somaliland"}
    new = {"Ethiopia", "Namibia", "Thailand", "Turkey", "Greece", "Italy", "Netherlands", "Rwanda"}
    assert {destination(row)[1] for row in after} - known == new
    assert {found for row in after for found in destinations(row)} - known == new
    assert {stop for row in after for stop in stops(row)} == TRANSIT_2020
    assert any(row[10] for row in after) and any(row[11] for row in after)


def test_new_items_are_known_from_panel_partners_new_partners_or_one_partner() -> None:
    panel = {partner for partner, _ in rows_of_round("2019")} - {"korongo_watch"}
    seen: dict[str, set[str]] = {}
    for partner, row in rows_of_round("2020"):
        seen.setdefault(str(country(row, ORIGIN)), set()).add(partner)
        for found in destinations(row):
            seen.setdefault(found, set()).add(partner)
    for name in ("Somaliland", "Thailand", "Turkey"):
        assert seen[name] & panel and len(seen[name]) >= 2, name
    for name in ("Finland", "Namibia", "Italy"):
        assert not seen[name] & panel, name
    for name in ("Greece", "Netherlands"):
        assert len(seen[name]) == 1 and seen[name] <= panel, name


def test_case_partners_hold_about_8000_cases_over_36_months(cases: dict[str, list[Case]]) -> None:
    assert len(CASE_PARTNERS) >= 10
    assert 7_600 <= sum(map(len, cases.values())) <= 8_400
    for partner in CASE_PARTNERS:
        months = {case.month for case in cases[partner.code]}
        assert months == {month for month in map(month_of, range(MONTHS)) if partner.is_active(month)}


def per_month(cases: list[Case], since: date, until: date) -> float:
    months = {case.month for case in cases if since <= case.month < until}
    return sum(case.month in months for case in cases) / len(months)


def test_the_planted_road_takes_over_and_at_least_three_partners_see_it(cases: dict[str, list[Case]]) -> None:
    left, taken = SHIFTS

    def seen(area: str, later: bool) -> Counter[str]:
        return Counter(
            case.partner
            for found in cases.values()
            for case in found
            if case.origin_area == area and (case.month >= left.month) == later
        )

    assert taken.instead_of == left.corridor_id
    # Who was met on the road left may be met once more by a second partner, within two months.
    assert seen(left.origin, False).total() > 100 > 10 > seen(left.origin, True).total()
    assert seen(taken.origin, True).total() > 5 * seen(taken.origin, False).total()
    assert sum(count >= 5 for count in seen(taken.origin, True).values()) >= 3


def test_the_planted_way_is_new_and_at_least_three_partners_see_it(cases: dict[str, list[Case]]) -> None:
    [new] = NEW_WAYS
    way = tuple(TOWNS[county][0] for county in new.passes)
    on_it = [
        case
        for found in cases.values()
        for case in found
        if case.origin_area == new.origin and case.stops == way
    ]
    assert len({case.partner for case in on_it}) >= 3
    assert min(case.event_on for case in on_it) >= new.month


def test_the_planted_hotspots_have_more_than_three_times_the_mean_county_and_no_other_has() -> None:
    ratios = activity("origin", month_of(MONTHS - 1))
    assert sum(ratios.values()) / len(ratios) == pytest.approx(1)
    assert {county for county, ratio in ratios.items() if ratio > 3} == {one.place_id for one in HOTSPOTS}


def test_partners_join_leave_double_and_move_when_it_is_planted(cases: dict[str, list[Case]]) -> None:
    for one in PARTNER_CHANGES:
        before, after = (
            [case for case in cases[one.partner] if (case.month >= one.month) == later]
            for later in (False, True)
        )
        ends = {case.origin_area for case in after}
        if one.change == "joins":
            assert after and not before
        elif one.change == "leaves":
            assert before and not after
        elif one.change == "doubles":
            ratio = per_month(after, one.month, date.max) / per_month(before, date.min, one.month)
            assert ratio == pytest.approx(2, rel=0.15)
        else:
            assert one.change == "moves" and ends & set(one.watches)
            assert not ends & {"KE037"} and "KE037" in {case.origin_area for case in before}


def test_contracts_tell_what_each_case_partner_watches_and_when() -> None:
    contracts = load_contracts(SAMPLE_PARTNERS).valid
    for partner in CASE_PARTNERS:
        if not partner.watches:
            continue
        [contract] = contracts[partner.code]
        for month in map(month_of, range(MONTHS)):
            told = {
                place
                for one in contract.coverage
                if (one.from_ or date.min) <= month <= (one.to or date.max)
                for place in one.places
            }
            watched = set(partner.watches_in(month)) if partner.is_active(month) else set()
            assert told == watched, (partner.code, month)


def test_the_truth_lies_beside_the_partners_and_tells_what_their_months_reach(tmp_path: Path) -> None:
    committed = json.loads((SAMPLE_PARTNERS / "truth.json").read_text(encoding="utf-8"))
    assert [one["corridor_id"] for one in committed["shifts"]] == ["KE010>KE047", "KE009>KE047"]
    assert {one["change"] for one in committed["partner_changes"]} == {"joins", "leaves", "doubles", "moves"}
    early = json.loads(generate(tmp_path, months=6, cases=300).truth.read_text(encoding="utf-8"))
    assert (early["last_month"], early["cases"]) == ("2024-03-01", 300)
    assert [one["place_id"] for one in early["hotspots"]] == ["KE040", "KE003"]
    assert early["shifts"] == early["new_ways"] == early["partner_changes"] == []
    assert load_contracts(tmp_path).problems == {}  # the file is no partner


def test_some_persons_are_seen_by_two_partners_that_keep_names(cases: dict[str, list[Case]]) -> None:
    keepers = {partner.code for partner in CASE_PARTNERS if partner.keeps_names}
    sightings: dict[tuple[object, ...], set[str]] = {}
    for code in keepers:
        for case in cases[code]:
            sightings.setdefault((case.second_given, case.surname, case.born_on, case.sex), set()).add(code)
    assert 60 <= sum(len(partners) > 1 for partners in sightings.values()) <= 200


def test_contracts_are_valid_and_read_every_committed_file_exactly_once() -> None:
    contracts = load_contracts(SAMPLE_PARTNERS)
    assert contracts.problems == {}
    for folder in sorted(path for path in SAMPLE_PARTNERS.iterdir() if path.is_dir()):
        for path in (folder / "extracts").iterdir():
            assert len([one for one in contracts.valid[folder.name] if one.reads(path.name)]) == 1, path


def test_every_file_says_that_it_is_synthetic_and_names_only_fixture_people() -> None:
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


def test_tables_are_windows_text_with_curly_apostrophes_and_fit_the_repository() -> None:
    table = next((SAMPLE_PARTNERS / "sungura_legal" / "extracts").iterdir()).read_bytes()
    assert b"Murang\x92a" in table and "café".encode("cp1252") in table
    header, first, *_ = csv.reader(table.decode("cp1252").splitlines(), delimiter=";")
    assert len(header) == len(first) > 10
    assert sum(path.stat().st_size for path in SAMPLE_PARTNERS.glob("*/extracts/*")) < 3_000_000


@pytest.mark.parametrize(
    "size", [("--cases", "0"), ("--cases", "-5"), ("--months", "0"), ("--months", "37")], ids=" ".join
)
def test_sizes_that_cannot_be_are_refused(tmp_path: Path, size: tuple[str, str]) -> None:
    ended = CliRunner().invoke(command.main, [str(tmp_path / "made"), *size])
    assert ended.exit_code == 2 and size[0] in ended.output and "range" in ended.output
    assert not (tmp_path / "made").exists()


def test_a_folder_that_holds_something_is_overwritten_with_force_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
