"""The desk's texts: every key that is asked for exists, and every key is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml

from expectations.checks import CHECKS
from orchestration.core import DBT_PROJECT, catalogue, refreshes, say
from orchestration.release.changes import PLACES
from orchestration.stewardship import desk, items
from orchestration.stewardship.decisions.trial import COUNTS, FIELDS, number_named
from orchestration.stewardship.desk.accounts import ROLES
from orchestration.stewardship.desk.visit import templates
from orchestration.stewardship.desk.words import words_of
from orchestration.stewardship.kinds.agreement_change import FinestPlace
from orchestration.stewardship.kinds.registry import KINDS
from orchestration.stewardship.worklists.listing import TURNS


def warning_tests(found: Any) -> Iterator[str]:
    """Names of the dbt tests that only warn; the others fail by a fault of the program alone."""
    if isinstance(found, dict) and (found.get("config") or {}).get("severity") == "warn":
        yield found["name"]
    inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    for one in inner:
        yield from warning_tests(one)


MODELS = [
    yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    for path in DBT_PROJECT.glob("models/**/*.yml")
]
FOLDER = Path(desk.__file__).parent
# Keys that are made of data: what stands before it, and what the data can be.
MADE = {
    "item_kind.": (*items.KINDS, "alert"),
    "many.": (*items.KINDS, "all"),
    "act.": items.KINDS,
    "turn.": TURNS,
    "check_title.": (*CHECKS, *warning_tests(MODELS), "model_is_built", "other"),
    "share.": ("all", "two_thirds", "half", "third"),
    "today.": ("alert_rise", "alert_fall"),
    "role.": ROLES,
    "kind.": KINDS,
    "finest.": get_args(FinestPlace),
    "alerts.": ("rise", "fall", "panel", "single_partner", "detection.nothing", "detection.waves"),
    "front.": ("aging", "late", refreshes.REFUSED, refreshes.CRASHED, refreshes.STOPPED),
    "outcome.": ("passed", "failed", "waived", "error", "not_run"),
    "refresh.": (*refreshes.WHOLE, refreshes.CRASHED, refreshes.STOPPED),
    "step_state.": ("done", "running", "left"),
    "step.": refreshes.STEPS,
    "release.": refreshes.NOT_PUBLISHED,
    "cause.": ("new_extract", "held_or_withdrawn", "decision", "time", "contract", "program", "unknown"),
    "grain.": ("case", "route_report", "interception", "flow_count"),
    "direction.": ("into", "out_of", "within", "through", "outside", "first_known_at_border", "unknown"),
    "release.table.": PLACES,
    "place_role.": ("origin", "transit", "exploitation", "intended_destination", "destination", "other"),
    "link.reason.": ("unsure", "rival", "cluster_too_large", "rejected_pair_inside"),
    "places.": ("ambiguous", "unresolved", "review"),
    "changed.": (
        *FIELDS, "current", "quarantined", "withdrawn", "held", "superseded", "embargoed", "state", "transit", "sex_age", "exploitation_type", "industry", "transport_mode", "recruitment_method",
        "means_of_control", "means", "act", "entry_process", "recruiter_relation", "documents", "purpose",
        "event_on", "place_text", "admin_text", "country_text", "corridors", "corridors_via", "directions", "starts",
        "ends", "passings", "border_points", "traits", "mentions", *set(COUNTS) - {
            "movement_count", "passing_count", "trait_count", "mention_count",
        },
    ),
    "drift.": ("column_renamed", "column_gone", "column_added", "new_codes"),
}  # fmt: skip


def used_keys() -> Iterator[str]:
    for path in (*FOLDER.rglob("*.j2"), *FOLDER.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', text)


def desk_keys() -> set[str]:
    return {key.removeprefix("desk.") for key in catalogue() if key.startswith("desk.")}


def test_templates_and_views_use_only_keys_that_exist() -> None:
    families = {key.partition(".")[0] for key in desk_keys()}
    asked = {key for key in used_keys() if key.partition(".")[0] in families}
    assert len(asked) > 150
    assert asked - desk_keys() == set()


def test_every_key_that_is_made_of_data_exists_and_no_text_is_unused() -> None:
    made = {f"{family}{one}" for family, some in MADE.items() for one in some}
    assert made - desk_keys() == set()
    assert desk_keys() - set(used_keys()) - made == set()


def test_every_template_can_be_read() -> None:
    names = templates("en").list_templates()
    assert len(names) > 20
    for name in names:
        templates("en").get_template(name)


def test_an_unknown_language_is_english_and_numbers_are_grouped() -> None:
    assert words_of("xx").language == "en"
    assert words_of("sw")("nav.work") == "Kazi"
    assert "1,234" in words_of("en")("act.see", count=1234)


def test_days_have_their_month_in_words() -> None:
    english, swahili = words_of("en"), words_of("sw")
    assert english.day("2027-05-08") == "8\u00a0May\u00a02027"
    assert swahili.day("2027-05-08") == "8\u00a0Mei\u00a02027"
    assert swahili.day("2027-05") == "Mei\u00a02027"
    assert english.day("last quarter") == "last quarter"
    overdue = say("{partner} is overdue since {day}", partner="2026-01-08.csv", day="2026-01-08")
    assert swahili.said(overdue) == "2026-01-08.csv amechelewa tangu 8\u00a0Jan\u00a02026"


def test_a_failed_check_is_called_by_what_is_wrong() -> None:
    failed = say("{check} of {of} failed", check="row_volume_is_plausible", of="kobe_post/may.csv")
    held = say("Held by {checks}.", checks="places_are_known, codes_are_mapped")
    english, swahili = words_of("en"), words_of("sw")
    assert english.heading(failed) == "Far fewer or far more rows than last time: kobe_post/may.csv"
    assert swahili.said(held) == (
        "Limezuiwa na “Mahali pengi mno hapajulikani”, “Majibu mengi mno hayamo kwenye mkataba”."
    )
    test_of_dbt = "A rule of the tables is broken: areas place id is unique"
    assert english.check("areas_place_id_is_unique") == test_of_dbt


def test_a_number_of_a_preview_is_called_by_labels_in_the_readers_language() -> None:
    trait = ["traits", "age_band/a09_17", *[None] * 5, "age_band", "a09_17", "2025-Q1-12m", "trait_count"]
    both = [*trait[:7], "sex_age", "female unknown", "year-2025", "movement_count"]
    english, swahili = words_of("en"), words_of("sw")
    assert (
        english.said(number_named(trait)) == "Traits of cases, 12 months to 2025-Q1: Age band, 9 to 17 years"
    )
    assert swahili.said(number_named(trait)).endswith("miezi 12 hadi 2025-Q1: Kundi la umri, Miaka 9 hadi 17")
    assert english.said(number_named(both)) == "Traits of cases, 2025: Sex and age, Female, Unknown"


def test_a_link_in_place_of_a_command_begins_a_sentence_in_capitals() -> None:
    said = words_of("en").linked("There are: a. `njia status` names them. Look at `njia status`.")
    begun, then = '<a href="/">The desk’s first page</a>', '<a href="/">the desk’s first page</a>'
    assert said == f"There are: a. {begun} names them. Look at {then}."


def test_no_command_or_path_stands_where_the_desk_has_a_page() -> None:
    english = words_of("en")
    actions = [check.steward_action for check in CHECKS.values()]
    assert any("`njia decide waive-check --scope" in one for one in actions)
    for one in actions:
        said = english.linked(one)
        assert not any(word in said for word in ("accept-extract", "waive-check", "--scope", "rows.csv")), (
            said
        )
    assert '<a href="/work?kind=place">' in english.linked(CHECKS["places_are_known"].steward_action)
