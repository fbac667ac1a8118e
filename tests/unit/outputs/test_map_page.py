"""The map page's file: what it holds, that it loads nothing, and how places and lines are laid out."""

import base64
import hashlib
import html as markup
import math
import re
from pathlib import Path

import pytest
import shapely

from orchestration.core import catalogue
from orchestration.outputs.bends import BENDS
from orchestration.outputs.figures import svg
from orchestration.outputs.map_page.page import HERE, SCRIPTS, page
from orchestration.outputs.map_page.payload import bends, places_of
from orchestration.outputs.map_page.shapes import ILEMI, SHEETS, drawings, points_on
from orchestration.outputs.published import Edition
from orchestration.places.boundaries import Boundaries, generalised
from tests.fixtures.published_world import MANIFEST, world, write_release
from tests.fixtures.read_map import payload, rows, values

MOST_BYTES = 400_000
EDITIONS = ["public", "members"]
MARKUP = "</script><script>alert(1)</script>"


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Edition]:
    folder = write_release(tmp_path_factory.mktemp("release"))
    return {name: Edition(name, folder, MANIFEST) for name in EDITIONS}


@pytest.fixture(scope="module")
def pages(editions: dict[str, Edition]) -> dict[str, str]:
    return {name: page(edition, generalised()) for name, edition in editions.items()}


KEY = ("period_id", "start_place_id", "end_place_id", "direction", "movement_count")


@pytest.mark.parametrize("name", EDITIONS)
def test_the_page_holds_the_corridors_of_its_edition_and_no_others(
    pages: dict[str, str], editions: dict[str, Edition], name: str
) -> None:
    held = payload(pages[name])["tables"]["corridors"]
    tables = [editions[name].table(table) for table in ("corridors", "series.corridors")]
    assert rows(held, *KEY) == [
        row for table in tables if not table.empty for row in table[[*KEY]].itertuples(index=False, name=None)
    ]
    assert ("2026-Q2" in held["period_id"]["of"]) == (name == "members")
    assert ("like_earlier_count" in held) == (name == "members")


def test_no_quarter_in_public_and_no_count_that_is_not_shown_is_held(pages: dict[str, str]) -> None:
    for name, quarters in (("public", []), ("members", ["2026-Q1", "2026-Q2"])):
        held = payload(pages[name])["tables"]
        assert not {"traits", "areas", "context_counts"} & held.keys()
        assert {period for table in held.values() for period in values(table.get("period_id", []))} <= {
            "year-2024", "year-2025", "2025-Q2-12m", "2026-Q2-12m", "2026-05-12m", "round-2020", *quarters,
        }  # fmt: skip
        assert not {"earlier_count", "later_count"} & held["shifts"].keys()


def test_places_have_name_country_and_position_of_the_reference_seeds(
    editions: dict[str, Edition], pages: dict[str, str]
) -> None:
    places = places_of(editions["public"])
    assert set(places) == {
        "KE001", "KE003", "KE009", "KE010", "KE040", "KE047", "KEN", "SAU", "UGA", "bp-ken-malaba", "unknown",
    }  # fmt: skip
    at_home = points_on("kenya", places)
    assert "KEN" not in at_home and "SAU" not in at_home, "no county known; too far away"
    assert payload(pages["public"])["places"]["bp-ken-malaba"] == ["Malaba", "border_point", "KEN", "KE040"]
    longitude, latitude = at_home["KE047"]
    assert 36 < longitude < 38 and -2 < latitude < -1


def test_places_of_a_round_that_only_novelty_names_are_found_too(tmp_path: Path) -> None:
    finland = {
        "period_id": "round-2020", "item_kind": "corridor", "item": "FIN>KE047", "role": "any",
        "evidence_class": "new_source",
    }  # fmt: skip
    folder = write_release(tmp_path, ["public"], public={"novelty": [finland]})
    assert "FIN" in places_of(Edition("public", folder, MANIFEST))


def test_markup_in_a_table_is_escaped(tmp_path: Path) -> None:
    [risk] = world("members")["risk"]
    folder = write_release(tmp_path, ["members"], members={"risk": [risk | {"components": MARKUP}]})
    html = page(Edition("members", folder, MANIFEST), generalised())
    assert "<script>alert" not in html
    assert payload(html)["tables"]["risk"]["components"]["of"] == [MARKUP]


@pytest.mark.parametrize("name", EDITIONS)
def test_page_is_small_and_loads_nothing_from_elsewhere(pages: dict[str, str], name: str) -> None:
    assert len(pages[name].encode()) < MOST_BYTES
    drawing = "http://www.w3.org/2000/svg"
    assert set(re.findall(r"(?:https?:)?//[\w.-]+\.\w[^\s\"'`]*", without_type(pages[name]))) <= {drawing}
    assert not re.search(
        r"\bon\w+\s*=\s*\"", re.sub(r"<script>.*?</script>", "", pages[name], flags=re.DOTALL)
    )


def without_type(html: str) -> str:
    """Base64 has double slashes too."""
    return re.sub(r"base64,[\w+/=]+", "", html)


def test_only_the_scripts_and_the_style_of_the_page_may_run(pages: dict[str, str]) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', pages["public"])
    assert found
    policy = markup.unescape(found[1])
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for kind, pattern in (
        ("script-src", r"<script>(.*?)</script>"),
        ("style-src", r"<style[^>]*>(.*?)</style>"),
    ):
        texts = re.findall(pattern, pages["public"], re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
        assert texts and f"{kind} {hashes};" in policy


def test_the_colours_of_the_report_are_those_of_the_map(pages: dict[str, str]) -> None:
    held = payload(pages["public"])["colours"]
    assert {direction: held[direction] for direction in svg.DIRECTIONS} == svg.DIRECTIONS
    scripts = "".join((HERE / "scripts" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    style = (HERE / "style.css").read_text(encoding="utf-8")
    assert not {colour for colour in held.values() if colour in scripts + style}


def test_every_text_of_the_catalogue_is_used_and_every_used_text_is_in_both_languages(
    pages: dict[str, str],
) -> None:
    said = payload(pages["members"])["texts"]
    scripts = "\n".join((HERE / "scripts" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    assert sorted(SCRIPTS) == sorted(path.stem for path in (HERE / "scripts").glob("*.js"))
    asked = set(re.findall(r'data-say(?:-label)?="([^"]+)"', pages["members"]))
    asked |= set(re.findall(r'"([a-z_]+\.[a-z_0-9.]+)"', scripts)) - {"map.html"}
    asked |= {f"column.{name}" for name in re.findall(r'\b(?:column|number|part|code)\(\s*"(\w+)"', scripts)}
    assert len(asked) > 100
    for language, texts in said.items():
        assert asked - texts.keys() == set(), language
    for key in asked:
        slots = [set(re.findall(r"\{\w+\}", said[language][key])) for language in ("en", "sw")]
        assert slots[0] == slots[1], key
    made = re.findall(r"`([a-z_]+\.)(?:[a-z_]+\.)?\$\{", scripts)
    kept = {key.removeprefix("map.") for key in catalogue() if key.startswith("map.")}
    assert {key for key in kept - asked if not key.startswith((*made, *CODE_TEXTS))} == set()


CODE_TEXTS = tuple(f"{kind}." for kind in (
    "kind_of_item", "comparison", "change", "trend", "alert", "month", "place",
))  # fmt: skip


CODES = {
    ("corridors", "direction"): "direction", ("hotspots", "label"): "label", ("hotspots", "role"): "role",
    ("corridors", "comparison"): "comparison", ("shifts", "status"): "status", ("shifts", "evidence"): "evidence",
    ("risk", "band"): "risk_band", ("alerts", "direction"): "alert",
    ("novelty", "evidence_class"): "evidence_class", ("novelty", "item_kind"): "kind_of_item",
    ("completeness", "field"): "field", ("starts", "change"): "change",
}  # fmt: skip


@pytest.mark.parametrize("name", EDITIONS)
def test_every_code_in_the_tables_has_words(pages: dict[str, str], name: str) -> None:
    held = payload(pages[name])
    for (table, column), kind in CODES.items():
        codes = set(values(held["tables"].get(table, {}).get(column, []))) - {None}
        for texts in held["texts"].values():
            assert {f"{kind}.{code}" for code in codes} <= texts.keys()


def test_places_lie_on_their_own_country_and_far_ones_at_the_edge() -> None:
    abroad, at_home = (points_on(name, ["SAU", "THA", "UGA"]) for name in ("abroad", "kenya"))
    assert SHEETS["abroad"].land["SAU"].contains(shapely.Point(abroad["SAU"]))
    assert SHEETS["abroad"].inner.boundary.distance(shapely.Point(abroad["THA"])) < 1e-6
    assert set(at_home) == {"UGA"} and SHEETS["kenya"].land["UGA"].contains(shapely.Point(at_home["UGA"]))
    west, south, east, north = SHEETS["kenya"].frame.box
    assert west < at_home["UGA"][0] < east and south < at_home["UGA"][1] < north, "always visible"


def test_corridors_that_lie_on_each_other_bend_apart_and_the_strongest_bends_least(tmp_path: Path) -> None:
    """Two places passed on the road from Uganda to Nairobi lie in one direction."""
    passed = world("public")["corridors_via"]
    weaker = passed[0] | {"via_place_id": "KE040", "passing_count": 12}
    folder = write_release(tmp_path, ["public"], public={"corridors_via": [*passed, weaker]})
    edition = Edition("public", folder, MANIFEST)
    bent = bends(edition, points_on("kenya", places_of(edition)))
    assert bent == {"UGA>KE040>KE047": [BENDS[1], BENDS[1]]}, "the stronger one has the first bend"


def test_disputed_lines_are_not_drawn() -> None:
    for sheet in SHEETS.values():
        assert not sheet.borders().intersects(shapely.box(*ILEMI).buffer(-0.05))
        assert sheet.borders().intersects(shapely.box(36.5, 3, 42, 5)), (
            "the line between Kenya and Ethiopia is"
        )


def test_a_path_goes_from_point_to_point_in_whole_units() -> None:
    """From 34° E 5° N: 70 units each way from the corner at 33.3° E 5.7° N, then one degree each way."""
    square = shapely.Polygon([(34, 5), (35, 5), (35, 4), (34, 4)])
    assert SHEETS["kenya"].frame.path(square) == "M70 70l100 0 0 100-100 0 0-100z"


def test_detailed_boundaries_are_simplified() -> None:
    """A coast of far more points than a screen can show."""
    angles = [at * math.tau / 8000 for at in range(8000)]
    reach = [0.5 + 0.001 * (at % 2) for at in range(8000)]
    detailed = shapely.Polygon(
        [(36.5 + r * math.cos(angle), r * math.sin(angle)) for r, angle in zip(reach, angles, strict=True)]
    )
    other = shapely.box(37.1, -1, 38, 0)
    own = Boundaries("Own", "CC BY 4.0", "0" * 64, False, {"KE047": detailed, "KE022": other})
    path = drawings(own, [])["kenya"]["counties"]["KE047"]
    assert path.count("M") == 1 and len(re.findall(r"-?\d+", path)) < 400
