"""The extract gate: what holds an extract beside those that came before it, what a steward's decision changes, and
whose profile is kept."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations import Expectation, Limit
from expectations.checks import CHECKS
from expectations.extract_gate import EXTRACT_GATE
from orchestration.core import Settings
from orchestration.gates import landed_extracts
from orchestration.gates.extract_profile import SCHEMA, TYPED_TABLES
from orchestration.gates.in_force import ExtractFate, settle_fates
from orchestration.gates.verdicts import Verdict, judge_extracts
from orchestration.stewardship import Decisions
from tests.fixtures.gate_world import AS_OF, decisions_of, land, make_settings, on_extract

CHANGED, RESEMBLE, VANISH = (
    "sent_records_say_the_same", "new_records_resemble_earlier_ones", "no_records_vanish",
)  # fmt: skip
NEW, VOLUME = "new_records_are_new", "row_volume_is_plausible"
COLUMNS, TYPED = "required_columns_present", "every_row_is_typed"
WAIVED = "codes_are_mapped"


@dataclass
class Case:
    """Extracts of one partner, in order of receipt, and those that are held: by checks, each with what its finding says."""

    name: str
    extracts: Mapping[str, dict[str, Any]]
    held: Mapping[str, dict[str, str]] = field(default_factory=dict)
    accepted: str = ""
    waiver: dict[str, Any] = field(default_factory=dict)

    def id_of(self, extract: str) -> str:
        return f"{extract} of {self.name}"


def each(shared: Mapping[str, Any], /, **extracts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: {**shared, **changes} for name, changes in extracts.items()}


def months(year: int, *numbers: int) -> tuple[date, ...]:
    return tuple(date(year, number, 1) for number in numbers)


full = partial(each, {})
incremental = partial(each, {"delivery_mode": "incremental"})
LAST_YEAR = {"records": 120, "months": months(2025, *range(1, 13))}
HALF_YEAR = {"records": 240, "months": months(2026, *range(1, 7))}
EIGHT = {"months": months(2026, *range(1, 9))}
MAY = {"months": months(2026, 5)}
VAGUE = {"only_country": 40, "unstated": 40}
BAD_CODES = full(a={"bad_codes": 3})


def new_ones(**changes: Any) -> dict[str, dict[str, Any]]:
    """Sixty new records after half a year."""
    return incremental(a=HALF_YEAR, b={"records": 60, "first": 500, "months": months(2026, 7, 8), **changes})


def monthly(*planted: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A file of sixty a month."""
    named = {
        "abcdefgh"[at - 1]: {"records": 60, "first": 1000 * at, "months": months(2026, at), **changes}
        for at, changes in enumerate(planted, start=1)
    }
    return incremental(**named)


CASES = [
    # Each extract for itself.
    Case("few rows refused only warn", full(a={"rows_read": 100, "rows_refused": 60})),
    Case("a first delivery of ten years only warns", full(a={"months": months(2016, 11)}, b={"months": months(2016, 11)})),
    Case("an agreement that ended lately only warns", full(a={"agreement_to": date(2026, 11, 10)})),
    Case("shares of a small extract only warn", full(a={"records": 10, "bad_dates": 4})),
    Case("a rarely answered field hides no unmapped codes", {"a": {"records": 1000, "bad_codes": 90, "bad_acts": 10, "filled": {"act": 12, "event_on": 1000, "place(origin).place_text": 1000, "sex": 1000}}}, {"a": {WAIVED: "", "columns_are_readable": ""}}),
    Case("new columns only warn", full(a={"unmapped_columns": ["Notes"]}, b={"unmapped_columns": ["notes ", "Camp"]})),
    # Rows.
    Case("a few rows less than the last plausible extract", full(a={"records": 100}, b={"records": 79}, c={"records": 81}, d={"records": 64}),
         {"b": {VOLUME: "79 rows", VANISH: "21 of the 100"}, "d": {VOLUME: "64 rows; the extract before had 81", VANISH: "17 of the 81"}}),
    Case("a small extract", full(a={"records": 100}, b={"records": 50}, c={"records": 50}), {"b": {VOLUME: "", VANISH: ""}, "c": {VOLUME: "", VANISH: ""}}),
    Case("an accepted small extract is the new baseline", full(a={"records": 100}, b={"records": 50}, c={"records": 50}), {"b": {VOLUME: "", VANISH: ""}}, "b"),
    Case("empty deliveries of what is new", incremental(a={}, b={"records": 0}, c={})),
    Case("an empty delivery that names its period", full(a={"records": 0, "period": {"from": "2026-10-01", "to": "2026-10-31"}})),
    Case("other declared periods are not compared", full(a={"records": 100, "period": {"round": "2019"}}, b={"records": 30, "period": {"round": "2020"}})),
    # Records that were sent before.
    Case("the same records", full(a={}, b={})),
    Case("a border point of the county that was known before", full(a={"place": 5}, b={"place": 4})),
    Case("a border point of another county", full(a={}, b={"place": 4}), {"b": {CHANGED: "40 of 40"}}),
    Case("a few corrected records", full(a={}, b={"only_country": 6, "only_period": 6, "unstated": 6})),  # 15 % each
    Case("records that become more precise", full(a={**VAGUE, "only_period": 40}, b={})),
    Case("a first extract of a contract", full(a={**VAGUE, "only_period": 40}, b={"contract": "other_book", "only_country": 40})),
    Case("fewer than twenty records only warn",
         incremental(a={"records": 400}, b={"records": 2, "only_country": 2}, c={"records": 19, "only_country": 19}, d={"first": 100, "only_country": 40}),
         {"d": {CHANGED: ""}}),
    Case("a changed extract that is sent again", full(a={}, b=VAGUE, c=VAGUE), {"b": {CHANGED: ""}, "c": {CHANGED: ""}}),
    Case("an accepted change is the new baseline", full(a={}, b=VAGUE, c=VAGUE), {"b": {CHANGED: ""}}, "b"),
    Case("a waived change is the new baseline", full(a={}, b=VAGUE, c=VAGUE), waiver={"check": CHANGED, "extract": "b"}),
    Case("corrections are part of their months", incremental(
         a={"records": 200, **MAY}, b={"records": 25, "only_country": 25, **MAY}, c={"records": 60, "first": 100, "only_country": 60, **MAY}),
         {"c": {CHANGED: ""}}),
    Case("a new contract takes over the history of its records", full(a={"records": 100}, b={"contract": "new_book", "records": 100, "only_country": 100}), {"b": {CHANGED: ""}}),
    Case("a new contract of other records has no history", full(a={"records": 100}, b={"contract": "new_book", "records": 100, "first": 500, "only_country": 100})),
    Case("records that vanish are counted and their months named",
         full(a={"records": 96, **EIGHT}, b={"records": 84, "months": EIGHT["months"][:7]}, c={"records": 70, "first": 26, **EIGHT}),
         {"b": {CHANGED: "Month (“Date”) changed or is missing in 70 of 84"},
          "c": {VOLUME: "70 rows; the extract before had 96", VANISH: "26 of the 96"}}),
    Case("a lost month holds a register of usual size",
         full(a={"records": 160, **EIGHT}, b={"records": 140, "without_month": date(2026, 3, 1), **EIGHT}),
         {"b": {VANISH: "20 of the 160 records that it replaces are missing, among them nearly all of 2026-03"}}),
    # Months.
    Case("months of a held extract are not missing and it may come again", incremental(
         a=LAST_YEAR, b={"records": 45, "months": months(2026, 1), "first": 500, "bad_places": 40},
         c={"records": 45, "months": months(2026, 2), "first": 600}, d={"records": 45, "months": months(2026, 1), "first": 500}),
         {"b": {"places_are_known": "", "quarantine_is_not_flooded": "", RESEMBLE: ""}}),
    Case("a month without records", incremental(
         a=LAST_YEAR, b={"records": 30, "months": months(2026, 1, 4), "first": 500}, c={"records": 30, "months": months(2026, 1, 2), "first": 600}),
         {"b": {"no_month_is_missing": "2026-02 – 2026-03"}}),
    # New records.
    Case("new records", new_ones()),
    Case("new records that differ by chance", new_ones(sexes=("female", "female", "female", "male", "male"))),
    Case("a few new records are less precise", new_ones(only_country=6)),
    Case("few new records", new_ones(records=20)),
    Case("all new records are men", new_ones(sexes=("male",)),
         {"b": {RESEMBLE: "Sex: 67 % of the 60 newest records would need another value to look like the earlier ones "
                "(Male 33 → 100 %, Female 67 → 0 %); up to 59 % is usual here. Sex: none of the 60 newest records has Female"}}),
    Case("no new record has its county", new_ones(only_country=60),
         {"b": {RESEMBLE: "(“Home town”) is stated for 0 % of the 60 newest records, 100 % before; up to 15 points less"}}),
    Case("new records are old", new_ones(months=months(2026, 2)), {"b": {NEW: "100 % of 60 new records are older"}}),
    Case("new records equal each other", new_ones(months=months(2026, 7), same_day=True), {"b": {NEW: "100 % of 60 new records equal another", RESEMBLE: ""}}),
    Case("a damaged file in the history lets no second one pass", monthly({}, {}, {"sexes": ("male",)}, {}, {}, {}, {}, {"sexes": ("male",)}),
         {"c": {RESEMBLE: ""}, "h": {RESEMBLE: ""}}, "c"),
    Case("new records of small files are compared when there are enough", monthly({"records": 200}, *[{"records": 15, "sexes": ("male",)}] * 4),
         {"d": {RESEMBLE: "Sex: 66 % of the 45 newest"}, "e": {RESEMBLE: ""}}),  # b and c are 30 records
    Case("two small files accepted begin anew", monthly({"records": 200}, *[{"records": 15, "sexes": ("male",)}] * 5), {"d": {RESEMBLE: ""}}, "de"),
    # Columns, types, waivers.
    *(Case(f"a required column {column} is there", full(a={"contract_content": {"fields": {"event_on": {"column": column, "required": True}}}}), held)
      for column, held in (("Date", {}), (["Day", "Date"], {}), ("Sex=F", {}), (["Day", "When"], {"a": {COLUMNS: ""}}), ("When", {"a": {COLUMNS: ""}}))),
    Case("a waiver holds to its last day", BAD_CODES, waiver={"check": WAIVED}),
    *(Case(f"a waiver lapses by {name}", BAD_CODES, {"a": {WAIVED: ""}}, waiver={"check": WAIVED, name: other})
      for name, other in (("expires", "2026-11-23"), ("check_definition", "0" * 16), ("extract", "b"), ("partner", "another_shelter"), ("check", "columns_are_readable"))),
    Case("reconciliation cannot be waived", full(a={"typed_records": 39}), {"a": {TYPED: ""}}, waiver={"check": TYPED}),
]  # fmt: skip
CHANGES = [
    ({"only_country": 100}, "Place of origin (“Home town”)", 100),
    ({"bad_places": 16}, "Place of origin (“Home town”)", 16),
    ({"only_period": 75}, "Month (“Date”)", 75),
    ({"bad_dates": 16}, "Month (“Date”)", 16),
    ({"unstated": 75}, "Kind of exploitation", 75),
    ({"sexes": ("male", "male", "female")}, "Sex", 100),
    ({"months": months(2025, 8, 9)}, "Month (“Date”)", 100),
]  # fmt: skip
CASES += [
    Case(f"{next(iter(planted))} {number} changed in a {mode} extract", each({"delivery_mode": mode, "records": 100}, a={}, b=planted),
         {"b": {CHANGED: f"{label} changed or is missing in {number} of 100 records that were sent before"}})
    for mode in ("full", "incremental") for planted, label, number in CHANGES
]  # fmt: skip


class Judged(NamedTuple):
    verdicts: dict[tuple[str, str], Verdict]  # by extract and check
    fates: dict[str, ExtractFate]
    profiles: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Every case is a partner of its own, and all are judged at once."""
    settings, decided = make_settings(tmp_path_factory.mktemp("cases")), decisions_of()
    for case in CASES:
        for sequence, (extract, changes) in enumerate(case.extracts.items(), start=1):
            land(settings, case.id_of(extract), partner=case.name, sequence=sequence, **changes)
        of_case = (on_extract(case.name, case.id_of(extract)) for extract in case.accepted)
        decided["extract_accept"].extend(of_case)
        if case.waiver:
            given = {"partner": case.name, "extract": "a", "expires": "2026-11-24", **case.waiver}
            scope = f"{given.pop('partner')}/{case.id_of(given.pop('extract'))}"
            definition = {"check_definition": CHECKS[given["check"]].definition}
            decided["check_waiver"].append({"id": "0123456789ab", "scope": scope, **definition, **given})
    verdicts = judge_extracts(settings, AS_OF, decided)
    fates = settle_fates(landed_extracts(settings), verdicts, decided)
    profiles = pq.read_table(settings.work / "gates" / "profiles.parquet").to_pylist()
    return Judged(
        {(one.extract_id, one.check_name): one for one in verdicts.verdicts},
        {one.extract_id: one for one in fates},
        {one["extract_id"]: one for one in profiles},
    )


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_an_extract_is_held_by_what_differs_and_by_nothing_else(judged: Judged, case: Case) -> None:
    found = {
        extract: {check: one.finding for (id_, check), one in judged.verdicts.items() if id_ == case.id_of(extract) and one.holds}
        for extract in case.extracts
    }  # fmt: skip
    assert {extract: set(checks) for extract, checks in found.items() if checks} == {
        extract: set(checks) for extract, checks in case.held.items()
    }
    for extract, checks in case.held.items():
        for check, said in checks.items():
            assert said in found[extract][check].replace("Nairobi", "KE047")
        fate = judged.fates[case.id_of(extract)]
        assert fate.fate == ("in_force" if extract in case.accepted else "held")
        assert extract in case.accepted or all(said in (fate.finding or "") for said in checks.values())


def of(judged: Judged, case: str, extract: str, check: str) -> Verdict:
    return judged.verdicts[f"{extract} of {case}", check]


@pytest.mark.parametrize(
    ("case", "extract", "check", "outcome", "observed"),
    [
        ("few rows refused only warn", "a", "few_rows_are_refused", "failed", 60 / 100),
        ("a first delivery of ten years only warns", "a", "first_delivery_is_recent", "failed", 10),
        ("an agreement that ended lately only warns", "a", "agreement_is_current", "failed", 0),
        ("shares of a small extract only warn", "a", "columns_are_readable", "failed", 6 / 10),
        ("a rarely answered field hides no unmapped codes", "a", WAIVED, "failed", 0.91),
        ("new columns only warn", "b", "columns_are_as_last_time", "failed", 1),
        ("corrections are part of their months", "b", CHANGED, "passed", 25 / 200),
    ],
)  # fmt: skip
def test_what_only_warns_is_measured(
    judged: Judged, case: str, extract: str, check: str, outcome: str, observed: float
) -> None:
    verdict = of(judged, case, extract, check)
    assert (verdict.outcome, verdict.observed) == (outcome, pytest.approx(observed))


def test_row_volume_is_compared_with_the_last_plausible_extract(judged: Judged) -> None:
    case = "a few rows less than the last plausible extract"
    assert [judged.profiles[f"{at} of {case}"]["rows_last_time"] for at in "abcd"] == [None, 100, 100, 81]


def test_a_check_compares_nothing_across_contracts_and_names_the_waiver(judged: Judged) -> None:
    assert of(judged, "a new contract of other records has no history", "b", CHANGED).outcome == "passed"
    waived = of(judged, "a waiver holds to its last day", "a", WAIVED)
    assert (waived.outcome, waived.waived_by) == ("failed", "0123456789ab")


def test_an_untyped_extract_is_held(settings: Settings) -> None:
    land(settings, "e1")
    for path in settings.typed.glob("*/e1.parquet"):
        path.unlink()
    verdicts = {one.check_name: one for one in judge_extracts(settings, AS_OF, decisions_of()).verdicts}
    assert verdicts[TYPED].holds and verdicts["agreement_is_valid"].holds
    assert replace(verdicts[TYPED], passed=False, outcome="error").holds, "what cannot be judged"
    for nothing_to_measure in ("columns_are_readable", "something_is_usable"):
        assert verdicts[nothing_to_measure].outcome == "passed"


def test_every_expectation_reads_a_measured_column() -> None:
    columns = set(SCHEMA.names)
    for check in EXTRACT_GATE:
        assert {limit.column for limit in check.limits} <= columns
        assert check.share_of is None or check.share_of in columns


def test_a_checks_definition_depends_on_its_limits_alone() -> None:
    one = Expectation("c", (Limit("share", minimum=0.5),), "hold", "why", "what")
    other_words = Expectation("c", (Limit("share", minimum=0.5),), "hold", "because", "do")
    other_limit = Expectation("c", (Limit("share", minimum=0.6),), "hold", "why", "what")
    assert one.definition == other_words.definition != other_limit.definition


# What happens after three partners' two files were judged, and whose profile it changes.
LATER = AS_OF + timedelta(days=60)
WAIVER = {
    "id": "0123456789ab", "scope": "mto/m2", "check": WAIVED, "check_definition": CHECKS[WAIVED].definition,
    "expires": "2026-12-24",
}  # fmt: skip
CONCERNS: dict[str, tuple[Callable[[Settings], object], dict[str, Any], datetime, set[str]]] = {
    "nothing": (lambda _: None, {}, AS_OF, set()),
    "another day": (lambda _: None, {}, AS_OF + timedelta(days=1), set()),
    "a new file": (lambda home: land(home, "m3", "mto", sequence=3, records=44), {}, AS_OF, {"mto"}),
    "a file that is forgotten": (lambda home: (home.landing / "mto" / "m2.json").unlink(), {}, AS_OF, {"mto"}),
    "a contract that reads a file anew": (
        lambda home: land(home, "m2", "mto", sequence=2, place=4, bad_codes=3, unstated=9), {}, AS_OF, {"mto"},
    ),
    "a contract that is gone": (lambda home: shutil.rmtree(home.partners / "mto"), {}, AS_OF, {"mto"}),
    "a place that is known otherwise": (lambda home: place_known(home, 4), {}, AS_OF, {"mto"}),
    "a place that nobody names": (lambda home: place_known(home, 5), {}, AS_OF, set()),
    "an extract accepted": (lambda _: None, {"extract_accept": [on_extract("mto", "m2")]}, AS_OF, {"mto"}),
    "an extract withdrawn": (lambda _: None, {"extract_withdraw": [on_extract("mto", "m1")]}, AS_OF, {"mto"}),
    "a waiver": (lambda _: None, {"check_waiver": [WAIVER]}, AS_OF, {"mto"}),
    "a waiver that is over": (lambda _: None, {"check_waiver": [WAIVER | {"expires": "2026-11-23"}]}, AS_OF, set()),
    "an agreement that ends": (lambda _: None, {}, LATER, {"bonde"}),
    "a file cut in half": (lambda home: cut(profiles_of(home) / "mto.parquet"), {}, AS_OF, {"mto"}),
    "a partner that joins in": (lambda home: land(home, "k1", "kilima"), {}, AS_OF, {"kilima"}),
    "a file with submissions of another partner": (
        lambda home: land(home, "k1", "kilima", submissions=(3, 4)), {}, AS_OF, {"kilima"},
    ),
}  # fmt: skip


def profiles_of(settings: Settings) -> Path:
    return settings.work / "gates" / "profiles"


def place_known(settings: Settings, mention: int) -> None:
    path = settings.work / "places" / "matches.parquet"
    rows = [row | ({"place_id": "KE001", "county_place_id": "KE001"} if row["mention_id"] == mention else {})
            for row in pq.read_table(path).to_pylist()]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def judged_in(settings: Settings, decided: Decisions, as_of: datetime) -> tuple[set[str], list[pa.Table]]:
    """Judge; the files of profiles that were written now, and both tables."""
    before = {path: path.stat().st_ino for path in profiles_of(settings).glob("*")}
    judge_extracts(settings, as_of, decided)
    written = {
        path.stem for path in profiles_of(settings).glob("*") if before.get(path) != path.stat().st_ino
    }
    return written, [
        pq.read_table(settings.work / "gates" / f"{name}.parquet") for name in ("profiles", "verdicts")
    ]


@pytest.fixture
def three_partners(settings: Settings) -> Settings:
    land(settings, "m1", "mto", records=100, place=4)
    land(settings, "m2", "mto", sequence=2, place=4, bad_codes=3)
    land(settings, "b1", "bonde", agreement_to=date(2026, 12, 31))
    land(settings, "p1", "pwani", submissions=(1, 2))
    judge_extracts(settings, AS_OF, decisions_of())
    return settings


@pytest.mark.parametrize("what", CONCERNS)
def test_only_the_partners_concerned_are_profiled_again(three_partners: Settings, what: str) -> None:
    change, decided, as_of, concerned = CONCERNS[what]
    change(three_partners)
    written, kept = judged_in(three_partners, decisions_of(**decided), as_of)
    assert written == concerned
    shutil.rmtree(three_partners.work / "artifacts")
    written, whole = judged_in(three_partners, decisions_of(**decided), as_of)
    assert written == {landed.partner for landed in landed_extracts(three_partners)}
    assert kept == whole


def test_partners_that_share_submissions_are_profiled_together(three_partners: Settings) -> None:
    """Whether the first of them has an extract in force decides whether the second one's is held."""
    own = "submissions_are_its_own"
    land(three_partners, "b2", "bonde", sequence=2, submissions=(1, 2), received_on="2026-11-02")
    for decided, holds in (({}, True), ({"extract_withdraw": [on_extract("pwani", "p1")]}, False)):
        written, kept = judged_in(three_partners, decisions_of(**decided), AS_OF)
        assert written == {"bonde"} and not (profiles_of(three_partners) / "pwani.parquet").exists()
        held = [
            one["extract_id"] for one in kept[1].to_pylist() if one["check_name"] == own and not one["passed"]
        ]
        assert held == (["b2"] if holds else [])
    (three_partners.landing / "bonde" / "b2.json").unlink()
    for table in TYPED_TABLES:
        (three_partners.typed / table / "b2.parquet").unlink()
    written, kept = judged_in(three_partners, decisions_of(), AS_OF)
    assert written == {"bonde", "pwani"}
    assert kept[0]["extract_id"].to_pylist() == ["b1", "m1", "m2", "p1"]
