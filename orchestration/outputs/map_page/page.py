"""The map page as one HTML file: template, style, type, scripts, texts and published tables.

Statuses, labels and bands share the texts of the report; their meanings are in
`seeds/reference/statistics_words.csv`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from orchestration.core import LANGUAGES, durable, seed_rows, texts_for
from orchestration.outputs.bends import BENDS
from orchestration.outputs.figures import svg
from orchestration.outputs.map_page.payload import bends, claims, places_of, tables
from orchestration.outputs.map_page.shapes import drawings, points_on
from orchestration.outputs.pages import LINK_PICTURE, MAP_PAGE, REPORT_PAGE, template
from orchestration.outputs.published import NO_PLACE, Edition, editions_of, reference_places
from orchestration.outputs.texts import BORDER_POINT, MEANINGS
from orchestration.places import boundaries

SHARED_KINDS = (
    "role", "direction", "label", "band", "status", "trend", "risk_band", "component", "evidence",
    "evidence_class", "field",
)  # fmt: skip
PLACE = ("name", "kind", "iso_alpha3", "parent_place_id")
MEANING_KINDS = ("trend_category", "risk_band", "evidence_class")


def page_texts(captions: boundaries.Captions, places: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the texts of each language by key. The page falls back to English where Swahili is missing.

    Of names of places, it holds those that the edition uses.
    """
    named = {f"place.{place}" for place in (*places, *NO_PLACE)}
    found = {}
    for language in LANGUAGES:
        texts = _shared(language) | _meanings(language) | texts_for("map", language)
        found[language] = {
            key: text for key, text in texts.items() if not key.startswith("place.") or key in named
        }
    found["en"] |= {"map.label": captions.label, "map.disclaimer": captions.disclaimer}
    found["en"] |= {"map.disputed": captions.disputed, "map.schematic": captions.schematic}
    return found


def _shared(language: str) -> dict[str, str]:
    """Return the shared texts of the report, each with a capital."""
    texts = texts_for("report", language)
    return {
        key: text[0].upper() + text[1:]
        for key, text in texts.items()
        if key.partition(".")[0] in SHARED_KINDS
    } | {BORDER_POINT: texts[BORDER_POINT]}


def _meanings(language: str) -> dict[str, str]:
    rows = [row for row in seed_rows(MEANINGS) if row["kind"] in MEANING_KINDS]
    return {f"meaning.{row['kind']}.{row['code']}": row[f"sentence_{language}"] for row in rows}


HERE = Path(__file__).parent
# In order: code that runs on loading uses only names of scripts before it.
SCRIPTS = ("data", "state", "rows", "marks", "map", "card", "table", "main")
COLOURS = {
    "ink": svg.INK, "grey": svg.GREY, "held": svg.HELD, "land": svg.LAND, "rule": svg.LINE,
    "within": svg.WITHIN, "into": svg.INTO, "out_of": svg.OUT,
    "into-text": svg.INTO_TEXT, "out_of-text": svg.OUT_TEXT,
}  # fmt: skip


def write_map_pages(folder: Path, manifest: Mapping[str, Any], counties: boundaries.Boundaries) -> list[Path]:
    """Write the page of each edition of a candidate, before its files are sealed."""
    written = []
    for edition in editions_of(folder, manifest):
        path = edition.path / MAP_PAGE
        durable.write_text(path, page(edition, counties))
        written.append(path)
    return written


def page(edition: Edition, counties: boundaries.Boundaries) -> str:
    """Return the page of an edition."""
    payload = _payload(edition, counties)
    colours = "".join(f"--{name}:{colour};" for name, colour in COLOURS.items())
    style = f":root{{{colours}}}\n" + (HERE / "style.css").read_text(encoding="utf-8")
    # Type, style and script are our own files; the payload is JSON without a "<".
    inside = {"faces": svg.font_faces(), "style": style, "script": _script(), "payload": _json(payload)}
    return template("map.html.j2").render(
        say=payload["texts"]["en"].__getitem__,
        edition=edition.name,
        is_synthetic=bool(edition.manifest.get("is_synthetic")),
        picture=Path(LINK_PICTURE).name if (edition.path / LINK_PICTURE).is_file() else "",
        style_hashes=" ".join(_csp_hash(inside[name]) for name in ("faces", "style")),
        script_hash=_csp_hash(inside["script"]),
        **{name: Markup(text) for name, text in inside.items()},  # noqa: S704
    )


def _payload(edition: Edition, counties: boundaries.Boundaries) -> dict[str, Any]:
    """Return the data of the page."""
    policy = {row["name"]: row["value"] for row in edition.manifest["policy"]["rows"]}
    captions = boundaries.captions(counties)
    places = places_of(edition)
    claimed, claims_of_rows = claims(edition)
    texts = page_texts(captions, places)
    listed = tables(edition)
    for table, numbers in claims_of_rows.items():
        if table in listed:
            listed[table]["claim"] = numbers
    return {
        "edition": edition.name,
        "release": edition.manifest["release_id"],
        "as_of": edition.manifest["as_of"][:10],
        "has_report": (edition.path / REPORT_PAGE).is_file(),
        "policy": policy | {"least": policy[f"{edition.name}_least_count"]},
        "credits": captions.credits,
        "texts": {language: texts[language] | claimed[language] for language in texts},
        "sheets": drawings(counties, places),
        "first_bend": BENDS[0],
        "bends": bends(edition, points_on("kenya", places)),
        "places": {place: [reference_places()[place][column] for column in PLACE] for place in places},
        "colours": COLOURS,
        "tables": listed,
    }


def _script() -> str:
    """Return our scripts as one function, which adds no global name."""
    files = [(HERE / "scripts" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return '"use strict";\n(() => {\n' + "\n".join(files) + "})();\n"


def _json(payload: Any) -> str:
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _csp_hash(text: str) -> str:
    """Return the hash of an inline script or style for the content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
