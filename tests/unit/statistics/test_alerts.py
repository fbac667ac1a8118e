"""Alerts after they are measured: who sees one, how a steward releases it, what report, desk and messages say."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError, refreshes, schemas_of
from orchestration.gates.in_force import ALERT_SCHEMA, alert_releases
from orchestration.outputs.published import Edition
from orchestration.stewardship import active_decisions, messages, record_decision, review, revoke
from orchestration.stewardship.decisions.previews import try_decisions, try_revocations
from orchestration.stewardship.messages.events import compose
from tests.fixtures import published_world, steward_world
from tests.fixtures.dbt_world import World, rows
from tests.fixtures.desk_world import OBSERVER, make_accounts, shown, visitor
from tests.fixtures.gate_world import decisions_of
from tests.fixtures.published_world import ALERTS, MANIFEST, RELEASED_ALERT, write_release
from tests.fixtures.read_report import page_of
from tests.fixtures.steward_world import NOW

DESK_LIST = "/work?kind=alert"
FALL = {"corridor": "KE010>KE047", "direction": "fall", "first_month": "2026-03-01"}
MARCH, JUNE = date(2026, 3, 1), date(2026, 6, 1)


# --- tables -----------------------------------------------------------------------------------------


def measured(corridor: str, **changes: Any) -> dict[str, Any]:
    origin, destination = corridor.split(">")
    return {
        "corridor_id": corridor, "start_place_id": origin, "end_place_id": destination,
        "direction": "fall", "first_month": MARCH, "alerted_month": MARCH, "window_from": MARCH,
        "newest_month": JUNE, "is_in_force": True, "expected_witness_count": 30.0, "expected_low": 20.4,
        "expected_high": 40.2, "witness_count": 3, "record_count": 3, "share_odds_ratio": 0.2,
        "leave_one_out_low": 0.1, "leave_one_out_high": 0.4, "partner_count": 3, "evidence": "panel", **changes,
    }  # fmt: skip


MEASURED = [
    measured("KE040>KE047"),
    measured("KE001>KE047", direction="rise", witness_count=60, evidence="single_partner", partner_count=1),
    measured("KE027>KE047", witness_count=0),
    measured("KE047>KE001", is_in_force=False),
]
RELEASED = ("KE040>KE047", "KE047>KE001")  # in force, over


class Alerting(World):
    def measure(self) -> None:
        """Measure, then put what is planted in the place of the alerts."""
        super().measure()
        planted = pa.Table.from_pylist(MEASURED, schema=schemas_of("statistics")["alerts"])
        pq.write_table(planted, self.settings.statistics / "alerts.parquet")

    def write(self) -> None:
        super().write()
        decided = [FALL | {"corridor": corridor} for corridor in RELEASED]
        decided.append(FALL | {"corridor": "KE027>KE047", "first_month": "2026-02-01"})  # of another month
        released = alert_releases(decisions_of(alert_release=decided))
        path = self.settings.work / "gates" / "alert_releases.parquet"
        pq.write_table(pa.Table.from_pylist(released, schema=ALERT_SCHEMA), path)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = Alerting(Path(tmp_path_factory.mktemp("alerts")))
    for at, partner in enumerate(("case_house", "another_house", "third_house")):
        world.extract(partner, partner)
        for number in range(20 * at, 20 * at + 20):
            world.record(partner, number, on="2024-05-06", places={"origin": "KE040"})
    world.build().close()
    return world


def test_data_tests_hold(world: World) -> None:
    assert world.failed_data_tests() == set()


def test_members_see_every_alert_in_force_with_its_range(warehouse: duckdb.DuckDBPyConnection) -> None:
    columns = "corridor_id, start_place, end_place, witness_count, expected_low, expected_high"
    assert rows(
        warehouse,
        f"select {columns} from published.alerts where edition = 'members' order by 1",
    ) == [
        ("KE001>KE047", "Mombasa", "Nairobi", 60, 20, 41),
        ("KE027>KE047", "Uasin Gishu", "Nairobi", 0, 20, 41),
        ("KE040>KE047", "Busia", "Nairobi", None, 20, 41),
    ]
    assert rows(warehouse, "select count(*), count(*) filter (where is_in_force) from marts.mart_alerts") == [
        (4, 3)
    ]


def test_corridors_that_could_not_be_judged_are_counted(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = (
        "select level, record_grain, reason, row_count from marts.mart_not_measured where measure = 'alerts'"
    )
    assert rows(warehouse, counted) == [("od", "case", "short_history", 0)]


def test_the_public_sees_corridor_direction_and_first_month_of_released_alerts_alone(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = (
        warehouse.execute("select * from published.alerts where edition = 'public'")
        .to_arrow_table()
        .to_pylist()
    )
    assert [{name: value for name, value in row.items() if value is not None} for row in found] == [
        {
            "edition": "public", "corridor_id": "KE040>KE047", "start_place_id": "KE040",
            "start_place": "Busia", "end_place_id": "KE047", "end_place": "Nairobi",
            "direction": "fall", "first_month": MARCH,
        }
    ]  # fmt: skip


# --- the decision -----------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose last refresh published two alerts."""
    settings = steward_world.make_home(tmp_path)
    review.write_alerts(settings, ALERTS, [])
    steward_world.refreshed(settings)
    return settings


def release_alert(settings: Settings, **payload: Any) -> dict[str, Any]:
    return record_decision(settings, "alert_release", "A. Steward", "partners agreed", NOW, **payload)


@pytest.mark.parametrize("ends", [("KE010", "KE047"), ("Marsabit", "Nairobi")])
def test_the_command_finds_direction_and_month(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ends: tuple[str, str]
) -> None:
    monkeypatch.setenv("NJIA_HOME", str(settings.home))
    monkeypatch.setenv("NJIA_PARTNERS", str(settings.partners))
    monkeypatch.setenv("NJIA_AS_OF", NOW.isoformat())
    arguments = ["--author", "A. Steward", "--reason", "partners agreed"]
    done = CliRunner().invoke(cli, ["decide", "release-alert", *ends, *arguments])
    assert done.exit_code == 0, done.output
    [decided] = active_decisions(settings, NOW)["alert_release"]
    assert {name: decided[name] for name in FALL} == FALL
    refused = CliRunner().invoke(cli, ["decide", "release-alert", "KE040", "KE047", *arguments])
    assert "Busia → Nairobi has no such alert in force" in str(refused.exception)


def test_only_an_alert_in_force_can_be_released_and_only_once(settings: Settings) -> None:
    for other in ({"direction": "rise"}, {"first_month": "2026-02-01"}, {"corridor": "KE040>KE047"}):
        with pytest.raises(UsageError, match="has no such alert in force"):
            release_alert(settings, **FALL | other)
    first = release_alert(settings, **FALL)
    with pytest.raises(UsageError, match=first["id"]):
        release_alert(settings, **FALL)
    review.write_alerts(settings, ALERTS[1:], [])
    [entry] = [one for one in active_decisions(settings, NOW) if one["kind"] == "alert_release"]
    assert entry["id"] == first["id"]
    assert revoke(settings, first["id"], "A. Steward", "too early", NOW)
    assert active_decisions(settings, NOW)["alert_release"] == []


def test_the_preview_says_what_the_public_will_see_and_whom_it_warns(settings: Settings) -> None:
    tried = try_decisions(settings, [("alert_release", FALL)], "A. Steward", "partners agreed", NOW)
    notes = " ".join(tried.notes)
    assert "no count and no range: Marsabit → Nairobi, fewer records than expected, since 2026-03" in notes
    assert "warns traffickers" in notes
    made = release_alert(settings, **FALL)
    back = try_revocations(settings, [made["id"]], "A. Steward", "too early", NOW)
    assert "the next release has it no more" in " ".join(back.notes)


# --- desk, messages, report -------------------------------------------------------------------------


def test_the_desk_lists_alerts_and_releases_one(settings: Settings) -> None:
    make_accounts(settings)
    review.write_alerts(settings, ALERTS[:1], ALERTS)
    steward = visitor(settings)
    assert "Alert: Marsabit → Nairobi fell · <5 cases in the newest months" in shown(steward.get("/").text)
    page = shown(steward.get(DESK_LIST).text)
    assert (
        "Marsabit → Nairobi ▼ fewer records Mar 2026 until Jun 2026 <5 24 to 47 expected several partners members only"
        in page
    )
    assert (
        "Mandera → Nairobi ▲ more records Apr 2026 until Jun 2026 31 3 to 9 expected one partner candidate only"
        in page
    )
    assert "warns traffickers" in page
    alert = "KE010>KE047 fall 2026-03-01"
    assert f'name="alert" value="{alert.replace(">", "&gt;")}"' in steward.get(DESK_LIST).text
    previewed = steward.preview("alert_release", "partners agreed", alert=alert)
    assert "Marsabit → Nairobi, fewer records than expected, since Mar 2026" in shown(previewed.text)
    steward.confirm(previewed)
    assert [one["corridor"] for one in active_decisions(settings, NOW)["alert_release"]] == ["KE010>KE047"]
    after = steward.get(DESK_LIST).text
    assert "released to the public" in shown(after)
    assert f'name="alert" value="{alert.replace(">", "&gt;")}"' not in after, "it is released once"
    assert 'name="kind"' not in visitor(settings, OBSERVER).get(DESK_LIST).text


def test_a_home_without_alerts_says_so(settings: Settings) -> None:
    make_accounts(settings)
    review.write_alerts(settings, [], [])
    assert "Nothing of this waits" in shown(visitor(settings).get(DESK_LIST).text)


def test_a_published_alert_is_sent_once_and_a_candidates_not(settings: Settings) -> None:
    refreshes.end(settings, refreshes.begin(settings, "run-1", NOW), refreshes.PUBLISHED)
    review.write_alerts(settings, ALERTS[:1], ALERTS)
    sent = messages.send_due(settings, NOW)
    assert [one.events for one in sent] == [1]
    [notice] = settings.notices.glob("*.txt")
    text = notice.read_text(encoding="utf-8")
    assert "▼ Marsabit → Nairobi, 2026-03" in text and "Mandera" not in text
    newer = [row | {"newest_month": "2026-07-01", "witness_count_text": "7"} for row in ALERTS[:1]]
    review.write_alerts(settings, newer, [])
    assert messages.send_due(settings, NOW) == [], "the same corridor, direction and first month"
    review.write_alerts(settings, ALERTS, [])
    assert [one.events for one in messages.send_due(settings, NOW)] == [1]


@pytest.mark.parametrize(("named", "has_corridor"), [(True, True), (False, False)])
def test_a_message_names_the_corridor_where_names_are_allowed_and_never_a_count(
    settings: Settings, named: bool, has_corridor: bool
) -> None:
    refreshes.end(settings, refreshes.begin(settings, "run-1", NOW), refreshes.PUBLISHED)
    found = [event for event in messages.current_events(settings) if event.kind == "alert"]
    assert all({"steward", "operator", "member"} == event.roles for event in found)
    for language in ("en", "sw"):
        text = compose(found, "https://desk.example", language, named).text
        assert ("Mandera → Nairobi, 2026-04" in text) == has_corridor
        assert not {"31", "24", "47"} & set(text.replace(",", " ").split())


def test_the_drafts_of_a_refresh_decide_what_has_an_effect(settings: Settings) -> None:
    """A refresh asks of each decision what it meets in the lists that it is writing."""
    from orchestration.stewardship import without_effect

    release_alert(settings, **FALL)
    drafts = review.drafting(settings)
    assert without_effect(drafts, active_decisions(settings, NOW)) == []
    review.write_alerts(drafts, ALERTS[1:], [])
    [idle] = without_effect(drafts, active_decisions(settings, NOW))
    assert "Marsabit → Nairobi has no such alert in force" in idle["why"]


def edition(folder: Path, name: str, alerts: list[dict[str, Any]]) -> Edition:
    return Edition(name, write_release(folder, [name], **{name: {"alerts": alerts}}), MANIFEST)


def test_the_first_page_of_members_has_a_sentence_an_alert(tmp_path: Path) -> None:
    brief = page_of(edition(tmp_path, "members", ALERTS)).sections["brief"]
    expected = "where partners’ own level would lead one to expect"
    few = "Several partners’ records show fewer than 5 cases from March 2026 to June 2026"
    assert f"{few}, {expected} 24 to 47." in brief
    assert (
        f"One partner’s records show 31 cases from April 2026 to June 2026, {expected} 3 to 9; others have not confirmed it."
    ) in brief
    silent = ALERTS[0] | {"witness_count": 0}
    none = page_of(edition(tmp_path / "none", "members", [silent])).sections["brief"]
    assert f"Several partners’ records show no cases from March 2026 to June 2026, {expected}" in none
    assert "a fall may be the end of a surge. A corridor without an alert may have changed" in brief
    assert "The newest months are left out until they are complete." in brief


def test_members_see_an_alert_as_quarters_beside_the_expected_range(tmp_path: Path) -> None:
    """A quarter under five has no row of its own."""
    rows = published_world.world("members")["series.corridors"]
    fell = [row for row in rows if row["start_place_id"] == "KE010" and row["period_id"] == "2026-Q1"]
    series = {"series.corridors": [row | {"movement_count": 31} for row in fell]}
    folder = write_release(tmp_path, ["members"], members=series | {"alerts": ALERTS[:1]})
    page = page_of(Edition("members", folder, MANIFEST))
    assert [one for one in page.pictures if one.startswith("Line of cases by quarter")] == [
        "Line of cases by quarter, Marsabit → Nairobi: 2026-Q1: 31, 2026-Q2: <5."
    ]
    assert "Records of 3 partners are compared." in page.sections["brief"]


def test_members_read_the_state_of_the_data_in_one_line(tmp_path: Path) -> None:
    fates = ["in_force", "in_force", "held"]
    facts = {"extracts": [{"fate": fate} for fate in fates], "rows": {"landed": 1234, "quarantined": 56}}
    for name in ("members", "public"):
        folder = write_release(tmp_path / name, [name])
        page = page_of(Edition(name, folder, MANIFEST | facts))
        line = "The data: extracts in force 2, held 1; rows landed 1,234, of which 56 in quarantine."
        assert (line in page.sections["brief"]) == (name == "members")
        sources = {value.source for value in page.values}
        assert ({"release|extracts", "release|rows"} <= sources) == (name == "members")


def test_members_read_that_there_is_no_alert_and_the_public_nothing(tmp_path: Path) -> None:
    members = page_of(edition(tmp_path / "members", "members", [])).sections["brief"]
    assert (
        "No alerts: no window of the newest months lies beyond what the partners’ own level lets expect."
        in members
    )
    assert "A corridor without an alert may have changed" in members
    public = page_of(edition(tmp_path / "public", "public", [])).sections["brief"]
    assert "alert" not in public.casefold()


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "no_corridor_judged",
            "Alerts are not measured: In the newest complete month and the year before, no",
        ),
        ("short_history", "Alerts are not measured: An alert needs fourteen complete months of reports"),
        ("below_minimum", "No alerts: no window of the newest months"),
    ],
)
def test_members_read_why_no_alert_could_be_measured(tmp_path: Path, reason: str, said: str) -> None:
    quiet = edition(tmp_path, "members", [])
    rows = [
        {"measure": "corridor_shifts", "reason": "no_corridor_judged"},
        {"measure": "alerts", "reason": reason},
    ]
    pq.write_table(pa.Table.from_pylist(rows), quiet.path / "parquet" / "marts.mart_not_measured.parquet")
    brief = page_of(quiet).sections["brief"]
    assert said in brief and brief.count("lerts are not measured") == (reason != "below_minimum")


def test_the_public_report_says_corridor_direction_and_first_month(tmp_path: Path) -> None:
    brief = page_of(edition(tmp_path, "public", [RELEASED_ALERT])).sections["brief"]
    assert "Fewer cases than expected since March 2026." in brief
    assert "to expect 24" not in brief


def test_a_long_list_of_alerts_leaves_room_for_the_other_findings(tmp_path: Path) -> None:
    many = [ALERTS[0] | {"first_month": f"2026-{month:02}-01"} for month in range(1, 10)]
    brief = page_of(edition(tmp_path, "members", many)).sections["brief"]
    assert "3 more stand on the map, under Alerts." in brief
