"""Taking back a decision that a refresh has used tells what comes back, from what that refresh left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from orchestration.core import Settings, clear_work, refreshes, shown_record
from orchestration.places import locate
from orchestration.stewardship import active_decisions
from orchestration.stewardship.decisions.previews import Preview, try_revocations
from orchestration.stewardship.decisions.recording import record_decisions
from tests.fixtures import steward_world as world
from tests.fixtures.steward_world import HELD, NOW, PARTNER, SERVING

LATER = NOW + timedelta(days=1)
WAIVER = {"check": "movements_are_plausible", "scope": "release", "expires": date(2026, 3, 20)}
OF_EXTRACT = {"check": world.HOLDING["check_name"], "scope": HELD, "expires": date(2026, 3, 20)}
OF_HELD = {"partner": PARTNER, "extract_id": HELD}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return world.make_home(tmp_path)


def used(settings: Settings, kind: str, **payload: Any) -> str:
    """Record a decision, and say that a refresh has gone by it since; what that left, each test writes."""
    (made,) = record_decisions(settings, "A. Fixture", "agreed", NOW, [(kind, payload)])
    ended = {"outcome": refreshes.PUBLISHED, "as_of": LATER.isoformat()}
    refreshes.end(settings, refreshes.End("run", NOW.isoformat()), **ended)
    return str(made["id"])


def taken_back(settings: Settings, *ids: str) -> Preview:
    found = try_revocations(settings, ids, "A. Fixture", "not agreed", LATER)
    assert found.faults == []
    return found


def by_what(preview: Preview) -> dict[str, tuple[int | str, int | str]]:
    return {one.what: (one.before, one.after) for one in preview.changes}


def said(preview: Preview) -> str:
    return " ".join(preview.notes)


def in_force(settings: Settings, held: str) -> None:
    fates = [
        {"partner": PARTNER, "extract_id": extract_id, "fate": fate, "reason": None}
        for extract_id, fate in ((SERVING, "in_force"), (HELD, held))
    ]
    world.write_table(settings.work / "gates" / "in_force.parquet", fates)


def mentions(settings: Settings, texts: dict[int, str]) -> None:
    rows = ({"mention_id": mention_id, "place_text": text} for mention_id, text in texts.items())
    world.write_mentions(settings, *rows)


def matched(settings: Settings, *mention_ids: int) -> None:
    rows = [{"mention_id": one, "place_id": "KE040", "geo_precision": "county"} for one in mention_ids]
    world.write_table(settings.work / "places" / "matches.parquet", rows)


def test_revoked_alias_restores_the_meaning(settings: Settings) -> None:
    mentions(settings, {world.OPEN_NAME: "Kwa Fixture stage", world.RESOLVED: "Busia"})
    alias = used(settings, "place_alias", text="Kwa Fixture stage", place_id="KE040", country=None)
    matched(settings, world.OPEN_NAME, world.RESOLVED)
    found = taken_back(settings, alias)
    (change,) = found.changes
    assert change.what == "Movements in force: 2; mentions: 1"
    assert (change.before, change.after) == ("Busia (county, Kenya), to the county", "no place")
    assert f"Decision {alias} is part of the numbers in force." in said(found)


def test_revoked_alias_restores_an_earlier_one(settings: Settings) -> None:
    mentions(settings, {world.OPEN_NAME: "Kwa Fixture stage"})
    used(settings, "place_alias", text="Kwa Fixture stage", place_id="KE040", country=None)
    later = used(settings, "place_alias", text="Kwa Fixture stage", place_id="KE040", country="KEN")
    matched(settings, world.OPEN_NAME)
    assert taken_back(settings, later).changes == []


def test_revoked_alias_of_one_partner_restores_the_meaning_there(settings: Settings) -> None:
    mentions(settings, {world.OPEN_NAME: "Kwa Fixture stage"})
    own = {"text": "Kwa Fixture stage", "country": None, "place_id": "KE040", "partner": PARTNER}
    used(settings, "place_alias", text="Kwa Fixture stage", place_id="KE047", country=None)
    alias = used(settings, "place_alias", **own)
    locate(settings, world.KEYS, active_decisions(settings, NOW)["place_alias"])
    first = taken_back(settings, alias).changes[0]
    assert str(first.before).startswith("Busia (county") and str(first.after).startswith("Nairobi (county")


def test_revoked_acceptance_holds_the_extract_again_and_restores_the_replaced_one(settings: Settings) -> None:
    world.failed(settings, world.HOLDING)
    accepted = used(settings, "extract_accept", **OF_HELD)
    in_force(settings, "in_force")
    found = taken_back(settings, accepted)
    assert by_what(found) == {f"Records of {PARTNER}/{HELD} in force": (3, 0)}
    assert "held again, by row_volume_is_plausible" in said(found)
    world.write_extracts(settings, delivery_mode="full")
    assert by_what(taken_back(settings, accepted)) == {
        f"Records of {PARTNER}/{HELD} in force": (3, 0),
        f"Records of {PARTNER} that it no longer holds": (0, 6),
    }


def test_revoked_withdrawal_restores_the_extract_unless_held(settings: Settings) -> None:
    withdrawn = used(settings, "extract_withdraw", **OF_HELD)
    in_force(settings, "withdrawn")
    assert by_what(taken_back(settings, withdrawn)) == {f"Records of {PARTNER}/{HELD} in force": (0, 3)}
    world.failed(settings, world.HOLDING)
    found = taken_back(settings, withdrawn)
    assert found.changes == [] and f"{PARTNER}/{HELD} stays held" in said(found)


def test_revoked_withdrawal_restores_the_acceptance(settings: Settings) -> None:
    world.failed(settings, world.HOLDING)
    used(settings, "extract_accept", **OF_HELD)
    (made,) = record_decisions(settings, "A. Fixture", "wrong", LATER, [("extract_withdraw", OF_HELD)])
    ended = {"outcome": refreshes.PUBLISHED, "as_of": (LATER + timedelta(days=1)).isoformat()}
    refreshes.end(settings, refreshes.End("run", NOW.isoformat()), **ended)
    in_force(settings, "withdrawn")
    found = try_revocations(settings, [made["id"]], "A. Fixture", "no", LATER + timedelta(days=2))
    assert by_what(found) == {f"Records of {PARTNER}/{HELD} in force": (0, 3)}


def test_revoked_waiver_holds_the_extract_again(settings: Settings) -> None:
    world.failed(settings, world.HOLDING)
    waiver = used(settings, "check_waiver", **OF_EXTRACT)
    world.failed(settings, world.HOLDING | {"waived": "True"})
    in_force(settings, "in_force")
    found = taken_back(settings, waiver)
    assert by_what(found) == {f"Records of {PARTNER}/{HELD} in force": (3, 0)}


def test_revoked_waiver_refuses_the_next_release(settings: Settings) -> None:
    world.failed(settings, world.REFUSING)
    waiver = used(settings, "check_waiver", **WAIVER)
    world.failed(settings, world.REFUSING | {"waived": "True"})
    found = taken_back(settings, waiver)
    assert by_what(found) == {"Checks that refuse the release": (0, 1)}
    assert "refused by movements_are_plausible" in said(found)
    world.failed(settings)
    found = taken_back(settings, waiver)
    assert found.changes == [] and "passed" in said(found)


def test_revoked_row_release_sets_rows_aside_by_rule(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"))
    released = used(settings, "row_release", record=shown_record(1))
    world.set_aside(settings, (3, "count_zero"))
    assert by_what(taken_back(settings, released)) == {
        "Records that were let in and count": (1, 0),
        "Records among them set aside again for date_invalid": (0, 1),
    }


def test_revoked_row_exclusion_judges_rows_again(settings: Settings) -> None:
    excluded = [used(settings, "row_exclude", record=shown_record(number)) for number in (5, 7)]
    found = taken_back(settings, *excluded)  # record 7 lies in the held extract
    assert by_what(found) == {"Records of extracts in force that were left out": (0, 1)}
    assert "A refresh is running" not in said(found)
    with FileLock(settings.lock):
        assert "A refresh is running" in said(taken_back(settings, *excluded))


@pytest.mark.parametrize(
    ("kind", "status", "probability", "movements", "asked"),
    [("link_accept", "taken", 0.2, (1, 2), None), ("link_accept", "taken", 0.8, (1, 2), (0, 1)),
     ("link_accept", "taken", 0.99, (1, 1), None), ("link_reject", "rejected", 0.99, (2, 1), None),
     ("link_reject", "rejected", 0.8, (2, 2), (0, 1))],
)  # fmt: skip
def test_revoked_ruling_leaves_the_pair_to_linkage(
    settings: Settings, kind: str, status: str, probability: float, movements: Any, asked: Any
) -> None:
    ruling = used(settings, kind, record_a=shown_record(2), record_b=shown_record(1))
    pair = {"record_a": 1, "record_b": 2, "status": status, "probability": probability, "tier": "name_codes"}
    world.write_table(settings.linkage / "links.parquet", [pair])
    found = by_what(taken_back(settings, ruling))
    assert found["Movements of these records"] == movements
    assert found.get("Pairs of them that wait for a decision again") == asked


def test_revoked_agreement_change_restores_the_contract(settings: Settings) -> None:
    (contract,) = world.contracts_of(settings).valid[PARTNER]
    terms = {"valid_to": date(2026, 1, 15), "retention_years": 1}
    of = {"contract": contract.contract}
    changed = used(settings, "agreement_change", partner=PARTNER, **of, terms=terms)
    world.write_extracts(settings, **of, agreement_to=date(2026, 1, 15), retention_years=1)
    found = taken_back(settings, changed)
    name = f"{PARTNER}/{contract.contract}"
    assert by_what(found) == {
        f"Records of {name} received under the agreement": (6, 9),
        f"Records of {name} young enough to keep": (0, 9),
    }


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("extract_withdraw", OF_HELD), ("place_alias", {"text": "Kwa Fixture", "place_id": "KE040", "country": None}),
     ("row_exclude", {"record": shown_record(5)})],
)  # fmt: skip
def test_deleted_work_folder_is_noted(settings: Settings, kind: str, payload: dict[str, Any]) -> None:
    made = used(settings, kind, **payload)
    clear_work(replace(settings, delete_work=True))
    found = taken_back(settings, made)
    assert found.changes == [] and "cannot be counted before a refresh" in said(found)
