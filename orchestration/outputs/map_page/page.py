"""The map page as one HTML file: template, style, scripts, drawing library, texts and published tables."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from orchestration.core import durable
from orchestration.outputs.bends import BENDS
from orchestration.outputs.edition import Edition, editions_of
from orchestration.outputs.map_page.bends import bends
from orchestration.outputs.map_page.claims import claims
from orchestration.outputs.map_page.frames import frames
from orchestration.outputs.map_page.payload import code_labels, most_rank, places_of, tables
from orchestration.outputs.map_page.shapes import shapes
from orchestration.outputs.map_page.texts import page_texts
from orchestration.outputs.pages import MAP_PAGE, REPORT_PAGE, template
from orchestration.places import boundaries

HERE = Path(__file__).parent
LIBRARY = HERE / "vendor" / "echarts.min.js"
# In order: code that runs on loading uses only names of scripts before it.
SCRIPTS = (
    "payload", "say", "state", "frames", "rows", "corridors", "places", "hotspots", "shifts", "alerts",
    "risk", "rounds", "views", "notes", "colours", "ground", "marks", "map", "zoom", "legend", "table",
    "details", "controls", "main",
)  # fmt: skip


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
    payload = _payload(edition, counties) | {
        "release": edition.manifest["release_id"],
        "as_of": edition.manifest["as_of"][:10],
        "has_report": (edition.path / REPORT_PAGE).is_file(),
    }
    style = (HERE / "style.css").read_text(encoding="utf-8")
    library = LIBRARY.read_text(encoding="utf-8").replace("</script", "<\\/script")
    # Style and scripts are our own files; the payload is JSON without a "<".
    return template("map.html.j2").render(
        say=payload["texts"]["en"].__getitem__,
        release=payload["release"],
        edition=edition.name,
        is_synthetic=bool(edition.manifest.get("is_synthetic")),
        style=Markup(style),  # noqa: S704
        library=Markup(library),  # noqa: S704
        script=Markup(_script()),  # noqa: S704
        payload=Markup(_json(payload)),  # noqa: S704
        style_hash=_csp_hash(style),
        script_hashes=" ".join(_csp_hash(text) for text in (library, _script())),
    )


def _payload(edition: Edition, counties: boundaries.Boundaries) -> dict[str, Any]:
    """Return the data of the page, without its release."""
    captions = boundaries.captions(counties)
    places = places_of(edition)
    drawings = frames(places)
    claimed, claims_of_rows = claims(edition)
    texts = page_texts(captions, code_labels(edition), places["place_id"])
    listed = tables(edition)
    for table, numbers in claims_of_rows.items():
        if table in listed:
            listed[table]["claim"] = numbers
    return {
        "edition": edition.name,
        "policy": {row["name"]: row["value"] for row in edition.manifest["policy"]["rows"]},
        "credits": captions.credits,
        "texts": {language: texts[language] | claimed[language] for language in texts},
        "shapes": shapes(counties),
        "frames": drawings,
        "first_bend": BENDS[0],
        "bends": bends(edition, [drawing["points"] for drawing in drawings.values()]),
        "places": {row.place_id: [row.name, row.kind, row.country] for row in places.itertuples(index=False)},
        "tables": listed,
        "most_rank": most_rank(edition),
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
