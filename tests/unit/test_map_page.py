"""The map page's file: what it holds, what it may not hold, and that it stands alone."""

from __future__ import annotations

import base64
import hashlib
import html as markup
import json
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from orchestration.outputs.edition import Edition, editions_of
from orchestration.outputs.map_page.page import HERE, LIBRARY, SCRIPTS, page
from orchestration.outputs.map_page.shapes import ILEMI, shapes
from orchestration.outputs.map_page.told import COLUMNS
from orchestration.places.boundaries import Boundaries, generalised
from tests.unit.printed_world import write_release

MOST_BYTES = 1_200_000
PARTNER_ONLY = {
    "activity_ratio", "ratio_low", "ratio_high", "partner_count", "share_odds_ratio", "evidence", "displaced_from",
    "reason", "score", "low", "high", "effort_months",
}  # fmt: skip


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Edition]:
    folder = tmp_path_factory.mktemp("release")
    return {edition.name: edition for edition in editions_of(folder, write_release(folder))}


@pytest.fixture(scope="module")
def pages(editions: dict[str, Edition]) -> dict[str, str]:
    return {name: page(edition, generalised()) for name, edition in editions.items()}


def told(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="told">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def values(column: Any) -> list[Any]:
    if isinstance(column, list):
        return column
    return [column["of"][at] if at >= 0 else None for at in column["at"]]


@pytest.mark.parametrize("name", ["public", "partner"])
def test_the_page_holds_the_printed_rows_and_no_others(
    editions: dict[str, Edition], pages: dict[str, str], name: str
) -> None:
    tables = told(pages[name])["tables"]
    assert set(tables) == set(COLUMNS) & set(editions[name].tables)
    for table, columns in tables.items():
        printed = editions[name].table(table)
        for column, found in columns.items():
            wanted = [None if pd.isna(value) else value for value in printed[column]]
            is_number = pd.api.types.is_numeric_dtype(printed[column])
            told_as = [one if one is None else round(one, 3) if is_number else str(one) for one in wanted]
            assert values(found) == told_as, column


def test_the_public_page_holds_no_figure_that_only_partners_are_told(pages: dict[str, str]) -> None:
    in_public = {column for columns in told(pages["public"])["tables"].values() for column in columns}
    in_partner = {column for columns in told(pages["partner"])["tables"].values() for column in columns}
    assert in_public & PARTNER_ONLY == set()
    assert in_partner >= PARTNER_ONLY


def test_the_page_says_by_which_policy_cells_are_hidden(pages: dict[str, str]) -> None:
    assert told(pages["public"])["policy"] == {
        "least_persons": "10",
        "least_partners": "3",
        "lag_days": "180",
    }
    assert told(pages["partner"])["policy"] == {"least_persons": "5", "least_partners": "2", "lag_days": "30"}


def test_a_column_that_nobody_named_stays_out(tmp_path: Path) -> None:
    manifest = write_release(tmp_path)
    path = tmp_path / "public" / "parquet" / "public.public_ends.parquet"
    ends = pq.read_table(path).append_column("record_count", pa.array(range(len(pq.read_table(path)))))
    pq.write_table(ends, path)
    assert "record_count" not in page(Edition("public", tmp_path, manifest), generalised())


def test_a_hidden_cell_has_no_number_even_if_its_table_had_one(tmp_path: Path) -> None:
    manifest = write_release(tmp_path)
    path = tmp_path / "public" / "parquet" / "public.public_corridors.parquet"
    corridors = pq.read_table(path).to_pandas()
    hidden = ~corridors["is_shown"]
    assert hidden.any()
    corridors.loc[hidden, "person_count"] = 987_654
    pq.write_table(pa.Table.from_pandas(corridors, preserve_index=False), path)
    assert "987654" not in page(Edition("public", tmp_path, manifest), generalised())


def test_words_for_places_and_codes_that_the_edition_does_not_name_stay_out(pages: dict[str, str]) -> None:
    found = told(pages["public"])
    places = set(values(found["tables"]["places"]["place_id"]))
    codes = {
        f"{domain}.{code}"
        for domain, code in zip(
            values(found["tables"]["corridor_codes"]["domain"]),
            values(found["tables"]["corridor_codes"]["code"]),
            strict=True,
        )
    }
    for texts in found["words"].values():
        named = {key.partition(".")[2] for key in texts if key.startswith("place.")}
        assert named <= places
        assert {key.removeprefix("code.") for key in texts if key.startswith("code.")} <= codes


def test_a_name_cannot_leave_its_place_in_the_page(tmp_path: Path) -> None:
    manifest = write_release(tmp_path)
    path = tmp_path / "public" / "parquet" / "public.public_places.parquet"
    places = pq.read_table(path).to_pandas()
    places.loc[0, "name"] = "</script><script>alert(1)</script>"
    pq.write_table(pa.Table.from_pandas(places, preserve_index=False), path)
    html = page(Edition("public", tmp_path, manifest), generalised())
    assert "<script>alert" not in html
    assert values(told(html)["tables"]["places"]["name"])[0] == "</script><script>alert(1)</script>"


@pytest.mark.parametrize("name", ["public", "partner"])
def test_the_page_is_small_and_names_no_address(pages: dict[str, str], name: str) -> None:
    assert len(pages[name].encode()) < MOST_BYTES
    licences = re.search(r"/\*!.*?\*/", pages[name], re.DOTALL)
    assert licences and "Apache License" in licences[0] and "BSD 3-Clause" in licences[0]
    rest = pages[name].replace(licences[0], "")
    drawing = "http://www.w3.org/2000/svg"
    assert set(re.findall(r"(?:https?:)?//[\w.-]+\.\w[^\s\"'`]*", rest)) <= {drawing}
    assert not re.search(r"\bon\w+\s*=\s*\"", re.sub(r"<script>.*?</script>", "", rest, flags=re.DOTALL))


def test_only_the_scripts_and_the_style_of_the_page_may_run(pages: dict[str, str]) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', pages["public"])
    assert found
    policy = markup.unescape(found[1])
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for kind, pattern in (("script-src", r"<script>(.*?)</script>"), ("style-src", r"<style>(.*?)</style>")):
        texts = re.findall(pattern, pages["public"], re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
        assert f"{kind} {hashes};" in policy


def test_the_drawing_library_is_the_one_that_was_built() -> None:
    lines = (LIBRARY.parent / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = dict(reversed(line.split("  ")) for line in lines)
    assert {"echarts.min.js", "LICENSE", "NOTICE"} <= set(sums)
    for name, wanted in sums.items():
        assert hashlib.sha256((LIBRARY.parent / name).read_bytes()).hexdigest() == wanted, name
    version = json.loads((LIBRARY.parent / "package.json").read_text())["devDependencies"]["echarts"]
    assert f"Apache ECharts {version}" in LIBRARY.read_text(encoding="utf-8")[:100]


def test_every_script_is_in_the_page() -> None:
    assert sorted(SCRIPTS) == sorted(path.stem for path in (HERE / "scripts").glob("*.js"))


def test_every_word_that_page_and_scripts_ask_for_is_said_in_both_languages(pages: dict[str, str]) -> None:
    said = told(pages["partner"])["words"]
    asked = set(re.findall(r'data-say(?:-label)?="([^"]+)"', pages["partner"]))
    for name in SCRIPTS:
        script = (HERE / "scripts" / f"{name}.js").read_text(encoding="utf-8")
        asked |= set(re.findall(r'\bsay\(\s*"([^"]+)"', script))
        asked |= {f"column.{column}" for column in re.findall(r'[cC]olumn(?:Of)?\(\s*"(\w+)"', script)}
        asked |= set(re.findall(r'\bword: "([^"]+)"', script))
    views = re.findall(
        r'^  id: "(\w+)"', "\n".join(path.read_text() for path in (HERE / "scripts").glob("*.js")), re.M
    )
    asked |= {f"{kind}.{view}" for view in views for kind in ("view", "lead", "how")}
    assert len(asked) > 100
    for language, texts in said.items():
        assert asked - texts.keys() == set(), language
    for key in asked:
        assert set(re.findall(r"\{\w+\}", said["en"][key])) == set(re.findall(r"\{\w+\}", said["sw"][key])), (
            key
        )


@pytest.mark.parametrize("name", ["public", "partner"])
def test_every_code_in_the_tables_has_words(pages: dict[str, str], name: str) -> None:
    found = told(pages[name])
    kinds = {
        ("hotspots", "label"): "label", ("hotspots", "factor_band"): "band", ("hotspots", "role"): "role",
        ("hotspots", "trend_category"): "trend", ("hotspots", "place_level"): "level",
        ("corridor_shifts", "status"): "status", ("corridor_shifts", "evidence"): "evidence",
        ("corridor_shifts", "reason"): "reason", ("regional_risk", "band"): "risk_band",
        ("coverage", "partners_band"): "coverage_band", ("corridors", "record_grain"): "grain",
        ("periods", "period_kind"): "kind", ("novelty", "evidence_class"): "evidence_class",
        ("completeness", "field"): "field", ("completeness", "known_share_band"): "known",
    }  # fmt: skip
    for (table, column), kind in kinds.items():
        codes = set(values(found["tables"][table].get(column, []))) - {None}
        for texts in found["words"].values():
            assert {f"{kind}.{code}" for code in codes} <= texts.keys()


def test_disputed_lines_are_not_drawn() -> None:
    drawn = shapely.MultiLineString(shapes(generalised())["borders"])
    assert not drawn.intersects(shapely.box(*ILEMI).buffer(-0.05))
    assert drawn.intersects(shapely.box(36.5, 3, 42, 5)), "the line between Kenya and Ethiopia is"


def test_a_detailed_file_of_an_operator_makes_no_heavy_page() -> None:
    """A coast of far more points than a screen can show."""
    angles = [at * math.tau / 8000 for at in range(8000)]
    reach = [0.5 + 0.001 * (at % 2) for at in range(8000)]
    detailed = shapely.Polygon(
        [(36.5 + r * math.cos(angle), r * math.sin(angle)) for r, angle in zip(reach, angles, strict=True)]
    )
    other = shapely.box(37.1, -1, 38, 0)
    own = Boundaries("Own", "CC BY 4.0", "0" * 64, False, {"KE047": detailed, "KE022": other})
    [[ring]] = shapes(own)["counties"]["KE047"]
    assert len(ring) < 200
    assert shapely.Polygon(ring).area == pytest.approx(detailed.area, rel=0.03)
