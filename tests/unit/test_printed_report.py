"""What the partner edition prints, beside what the public one does: the same years, k of its own, children."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestration import disclosure
from orchestration.gates.printed_profile import _not_told_before, open_to_readers
from orchestration.settings import Settings
from tests.unit.release_world import settings_in
from tests.unit.test_printed_tables import (
    EMPTY,
    LARGE,
    LAST_DAY,
    PERIODS,
    disclose,
    lines,
    noted,
    read_back,
    told,
    written,
)

POLICY = disclosure.load_disclosure_policy()
K = POLICY.partner.least_persons
LATER = date(2025, 7, 1)
Cells = dict[tuple[str, str], int]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def of_partners(ledger: disclosure.Ledger, public: dict[str, int] | None = None) -> disclosure.Printing:
    cells = {f"case 2024-01-01..2024-12-31: {place}": value for place, value in (public or {}).items()}
    return disclosure.printing_of("partner", POLICY, PERIODS, LATER, ledger, cells)


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_cases_are_counted_by_years_alone_so_that_no_period_is_taken_off_another(
    settings: Settings, edition: str
) -> None:
    rows = [told(LARGE, period=period) for period in ("2024", "2024-Q4-12m", "2024-Q2-12m")]
    printed, _ = disclose(settings, pd.concat(rows, ignore_index=True), LATER, edition=edition)
    assert printed["*", "*"] == sum(LARGE.values())
    assert {cell["period_id"] for cell in written(settings, "counts", edition)} == {"2024"}
    before = pd.DataFrame(
        [("2023", "year", date(2023, 1, 1), date(2023, 12, 31), True)], columns=PERIODS.columns
    )
    periods = disclosure.Periods.of(pd.concat([PERIODS, before]), POLICY, LATER, edition)
    counted = [periods.days[name] for name in periods.counted["case"]]
    assert len(counted) == 2
    assert not any(disclosure.overlap(one, other) for one, other in combinations(counted, 2))


def test_members_see_smaller_counts_of_two_partners_a_month_after(settings: Settings) -> None:
    small = {**LARGE, ("KE001", "KE042"): K + 1}
    printed, _ = disclose(settings, told(small), date(2025, 1, 30), edition="partner")
    assert printed["KE001", "KE042"] == K + 1
    assert disclose(settings, told(small), date(2025, 1, 29), edition="partner")[0] == {}
    few = {**LARGE, ("KE001", "KE042"): K - 1}
    hidden, _ = disclose(settings, told(few), LATER, edition="partner")
    assert ("KE001", "KE042") not in hidden


def test_a_new_release_counts_anew(settings: Settings) -> None:
    ledger = noted_after(settings, told(LARGE))
    more = {**LARGE, ("KE001", "KE047"): 80}
    assert disclose(settings, told(more), LATER, ledger, edition="partner")[0]["KE001", "KE047"] == 80
    assert disclose(settings, told(more), LATER, ledger)[0]["KE001", "KE047"] == 60, (
        "the public one is frozen"
    )


@pytest.mark.parametrize(("now", "printed"), [(60, 60), (63, 60), (60 + K, 60 + K), (60 - K + 1, 60)])
def test_beside_the_public_edition_a_report_tells_no_difference_of_a_few(
    settings: Settings, now: int, printed: int
) -> None:
    ledger = noted_after(settings, told(LARGE))
    changed = told({**LARGE, ("KE001", "KE047"): now})
    assert disclose(settings, changed, LATER, ledger, edition="partner")[0]["KE001", "KE047"] == printed
    printing = of_partners(ledger)
    cells = read_back(settings, "partner")
    assert disclosure.wrong_cells(changed, cells, printing) == 0
    assert disclosure.audit_counts(changed, cells, printing).is_safe
    if now != printed:
        is_cell = (cells["origin_place_id"] == "KE001") & (cells["destination_place_id"] == "KE047")
        leaky = cells.assign(person_count=cells["person_count"].mask(is_cell, now))
        assert disclosure.wrong_cells(changed, leaky, printing) == 1


@pytest.mark.parametrize("seed", range(4))
def test_whoever_has_both_editions_works_out_no_hidden_cell(settings: Settings, seed: int) -> None:
    """Random worlds, printed for the public once; records come and go; the report is printed from what is."""
    chance = np.random.default_rng(seed)
    starts, ends = [f"KE{one:03}" for one in range(1, 7)], ["KE047", "KE042", "ARE", "SAU"]
    world = {(start, end): int(chance.geometric(0.08)) - 1 for start in starts for end in ends}
    ledger = noted_after(settings, told(world))
    later = {cell: max(0, persons + int(chance.integers(-3, 9))) for cell, persons in world.items()}
    now = told(later)
    disclose(settings, now, LATER, ledger, edition="partner")
    cells, printing = read_back(settings, "partner"), of_partners(ledger)
    assert disclosure.wrong_cells(now, cells, printing) == 0
    found = disclosure.audit_counts(now, cells, printing)
    assert found.is_safe, found.cells
    assert found.hidden > 0


def test_the_joint_attack_finds_what_two_editions_give_away_together(settings: Settings) -> None:
    """The public edition prints a row's total and all parts but one; a report that prints that row's other
    hidden part tells the rest."""
    world = {**LARGE, ("KE001", "KE042"): 4, ("KE003", "KE047"): 30, ("KE003", "KE042"): 30}
    now = told(world)
    public = {"origin_place_id=KE001": 64, "origin_place_id=KE003": 60}
    printing = of_partners(EMPTY, public)
    days = {
        "record_grain": "case", "period_id": "2024", "population": "all",
        "period_from": date(2024, 1, 1), "period_to": LAST_DAY,
    }  # fmt: skip
    report = pd.DataFrame(
        [{**days, "origin_place_id": "KE001", "destination_place_id": "KE047", "person_count": 60}]
    )
    alone = disclosure.printing_of("partner", POLICY, PERIODS, LATER, EMPTY)
    assert disclosure.audit_counts(now, report, alone).is_safe
    assert not disclosure.audit_counts(now, report, printing).is_safe


def test_what_the_public_edition_gives_a_partner_does_not_stop_every_report() -> None:
    """Of 12 from KE001 p told 10: it knows the others' two from the public total alone, whatever a report hides. A
    report that prints one of its parts tells more."""
    rows = told(
        {("KE001", "KE047"): 9, ("KE001", "KE042"): 3, ("KE040", "KE047"): 60, ("KE040", "KE042"): 60}
    )
    of_one = (rows["origin_place_id"] == "KE001") & (
        (rows["destination_place_id"] == "KE042") | (rows.index < 7)
    )
    rows = rows.assign(partner=rows["partner"].mask(of_one, "p"))
    printing = of_partners(EMPTY, {"origin_place_id=KE001": 12})
    part = {"origin_place_id": "KE001", "destination_place_id": "KE047", "person_count": 9}
    days = {"record_grain": "case", "period_id": "2024", "population": "all",
            "period_from": date(2024, 1, 1), "period_to": LAST_DAY}  # fmt: skip
    report = pd.DataFrame([{**days, **part}])
    assert not disclosure.audit_counts(rows, report.head(0), printing).is_safe
    assert open_to_readers(report.head(0), {}, rows, printing) == 0
    assert open_to_readers(report, {}, rows, printing) > 0


def test_what_one_partner_knows_already_may_not_be_told_to_everybody() -> None:
    columns = ["universe", "cell", "attacker", "low", "high"]
    of_partner, of_all = ("case", "a", "knows_own:p", 4, 5), ("case", "a", "knows_total", 3, 6)
    before = pd.DataFrame([of_partner], columns=columns)
    assert len(_not_told_before(pd.DataFrame([of_partner], columns=columns), before)) == 0
    found = _not_told_before(pd.DataFrame([of_partner, of_all], columns=columns), before)
    assert [*found["attacker"]] == ["knows_total"]
    closer = pd.DataFrame([("case", "a", "knows_own:p", 5, 5)], columns=columns)
    assert len(_not_told_before(closer, before)) == 1


def test_the_public_edition_withstands_who_guesses_that_a_cell_which_both_hide_is_below_what_members_see(
    settings: Settings,
) -> None:
    """11 persons in three cells that both editions hide: each below 5 is 3 or 4."""
    others = {("KE040", "KE047"): 60, ("KE040", "KE042"): 50, ("KE040", "ARE"): 60}
    world = {("KE001", "KE047"): 4, ("KE001", "KE042"): 4, ("KE001", "ARE"): 3, **others}
    assert ("KE001", "*") not in disclose(settings, told(world), LATER)[0]
    large = {("KE001", "KE047"): 6, ("KE001", "KE042"): 4, ("KE001", "ARE"): 3, **others}
    assert disclose(settings, told(large), LATER)[0]["KE001", "*"] == 13


def children_of(world: Cells, young: Cells) -> pd.DataFrame:
    rows = told(world)
    rows["number"] = rows.groupby(["origin_place_id", "destination_place_id"]).cumcount()
    limit = [young.get((row.origin_place_id, row.destination_place_id), 0) for row in rows.itertuples()]
    return rows.assign(is_child=rows["number"] < limit).drop(columns="number")


def test_children_are_told_by_their_ends_and_never_what_few_others_are_left(settings: Settings) -> None:
    young = {("KE001", "KE047"): 30, ("KE040", "KE042"): 67, ("KE001", "KE042"): 20, ("KE040", "KE047"): 20}
    disclose(settings, children_of(LARGE, young), LATER, edition="partner")
    cells = {
        (cell["population"], cell["origin_place_id"], cell["destination_place_id"]): int(
            str(cell["person_count"])
        )
        for cell in written(settings, "counts", "partner")
    }
    assert cells["children", "KE001", "*"] == 50
    for place in ("KE001", "KE040"):
        left = cells.get(("all", place, "*"), 0) - cells.get(("children", place, "*"), 0)
        assert left >= K or ("children", place, "*") not in cells
    assert not any(population == "others" for population, *_ in cells)
    few_others = {
        ("KE001", "KE047"): 58,
        ("KE001", "KE042"): 49,
        ("KE040", "KE042"): 35,
        ("KE040", "KE047"): 20,
    }
    disclose(settings, children_of(LARGE, few_others), LATER, edition="partner")
    shown = {
        (cell["population"], cell["origin_place_id"], cell["destination_place_id"])
        for cell in written(settings, "counts", "partner")
    }
    assert ("all", "KE001", "*") not in shown or ("children", "KE001", "*") not in shown


def test_the_public_is_told_nothing_of_children_apart(settings: Settings) -> None:
    rows = children_of(LARGE, {("KE001", "KE047"): 30})
    disclose(settings, rows, LATER)
    assert {cell["population"] for cell in written(settings, "counts")} == {"all"}


@pytest.mark.parametrize(("persons", "figures"), [(100, True), (98, False), (100 - K, True)])
def test_a_figure_stands_only_where_what_it_leaves_of_the_printed_count_is_enough(
    settings: Settings, persons: int, figures: bool
) -> None:
    """100 persons ended their journey in Nairobi; so many of them were exploited there."""
    of_lines = lines(("hotspots", "exploitation", "KE047", persons, 4, 30, 20))
    disclose(settings, told(LARGE), LATER, of_lines=of_lines, edition="partner")
    (line,) = [one for one in written(settings, "lines", "partner") if one["counting_table"] == "hotspots"]
    assert line["tells_figures"] == figures


@pytest.mark.parametrize(
    ("period", "tells_figures"), [("2024", True), ("2024-Q4-12m", False), ("2024-Q4", False)]
)
def test_no_figure_of_days_that_overlap_with_what_is_counted(
    settings: Settings, period: str, tells_figures: bool
) -> None:
    """All who came from Siaya: of shorter and of other days a label alone."""
    of_lines = lines(("hotspots", "origin", "KE040", 100, 4, 30, 20), period=period)
    _, found = disclose(settings, told(LARGE), LATER, of_lines=of_lines, edition="partner")
    assert found == {"origin KE040"}
    (line,) = [one for one in written(settings, "lines", "partner") if one["counting_table"] == "hotspots"]
    assert line["tells_figures"] == tells_figures


def test_ten_releases_with_records_added_betray_nobody(settings: Settings) -> None:
    """Each release the public has all earlier ones: no cell changed by a few, and what is printed now, with
    every value ever printed, still hides every small cell of the time of printing."""
    chance = np.random.default_rng(11)
    world: Cells = {**LARGE, ("KE003", "KE047"): 14, ("KE003", "KE042"): 3, ("KE002", "KE042"): 12}
    ledger, first = EMPTY, None
    for number in range(10):
        rows = told(world)
        printed, _ = disclose(settings, rows, LATER, ledger)
        cells = disclosure.printed_cells(read_back(settings))
        assert disclosure.small_changes(cells, ledger.printed, POLICY.public.least_persons) == []
        if first is None:
            first = printed
            printing = disclosure.printing_of("public", POLICY, PERIODS, LATER, EMPTY)
            assert disclosure.audit_counts(rows, read_back(settings), printing).is_safe
        assert printed == first
        disclosure.append_to_ledger(settings.ledger, f"r{number}", cells, datetime(2025, 7, 1, tzinfo=UTC))
        ledger = disclosure.read_ledger(settings.ledger)
        grown = sorted(world)[int(chance.integers(len(world)))]
        world[grown] += int(chance.integers(1, 12))
        world[f"KE{number + 10:03}", "KE047"] = int(chance.integers(1, 30))
    assert all(len(values) == 1 for values in ledger.printed.values())


def noted_after(settings: Settings, rows: pd.DataFrame) -> disclosure.Ledger:
    disclose(settings, rows, LATER)
    return noted(settings, "first")


def test_a_transit_place_has_a_label_and_no_figure(settings: Settings) -> None:
    """In no cell, it stands beside the ways told of corridors: its count would tell how many went each."""
    of_lines = lines(("hotspots", "transit", "KE020", 30, 4, 10, 8))
    _, found = disclose(settings, told(LARGE), LATER, of_lines=of_lines, edition="partner")
    assert found == {"transit KE020"}
    figures = [
        row["tells_figures"]
        for row in written(settings, "lines", "partner")
        if row["counting_role"] == "transit"
    ]
    assert figures == [False]
