"""Write the report of each edition into a candidate: composed of its sections, as HTML and as PDF.

The HTML is one file a language that loads nothing; Typst makes the PDF/UA (tagged) of the English one, and
the picture for where a link is shared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from orchestration.core import LANGUAGES
from orchestration.outputs.exports.catalogues import json_ld
from orchestration.outputs.figures.svg import FONTS, font_faces
from orchestration.outputs.pages import LINK_PICTURE, template
from orchestration.outputs.published import Edition, Published, editions_of
from orchestration.outputs.report.abroad import abroad
from orchestration.outputs.report.annex import annex
from orchestration.outputs.report.brief import brief, edition_and_period, too_small
from orchestration.outputs.report.changes import changes, since_release
from orchestration.outputs.report.children import children
from orchestration.outputs.report.corridors import corridors
from orchestration.outputs.report.counties import counties
from orchestration.outputs.report.figures import corridor_map
from orchestration.outputs.report.forms import forms
from orchestration.outputs.report.parts import Report, Section
from orchestration.outputs.report.places import places
from orchestration.outputs.report.quarters import quarters
from orchestration.outputs.report.rounds import rounds
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Spans, Texts, Value, plain
from orchestration.places import boundaries

# In order.
CHAPTERS = (
    since_release, corridors, changes, rounds, places, children, forms, abroad, counties, quarters,
)  # fmt: skip
LAYOUT = ("contents", "skip", "as_pdf", "as_map", "page")


def compose(view: View, previous: View | None, credits: str) -> Report:
    """Return the report of a view.

    `previous`: the same edition of the last release, if it has published tables. `credits`: sources of the
    boundaries.
    """
    say, published = view.say, view.published
    made = datetime.fromisoformat(published.manifest["as_of"])
    sections: list[Section] = [too_small(view)]
    if has_findings(view):
        view.previous = previous
        sections = [brief(view), *filter(None, (chapter(view) for chapter in CHAPTERS))]
    sections.append(annex(view, credits))
    edition = say.text(f"edition.{published.name}")
    return Report(
        document=f"{say.text('report.kicker')} · {edition} · {published.manifest['release_id']}",
        kicker=say.text("report.kicker"),
        footer=say.text(f"report.footer.{published.name}").format(credits=credits),
        band=[say.text("band.lead"), say.text("band.text")] if published.manifest.get("is_synthetic") else [],
        language=say.language,
        sections=[replace(section, side=section.side or edition_and_period(view)) for section in sections],
        labels={label: say.text(f"report.{label}") for label in LAYOUT},
        made=(made.year, made.month, made.day),
    )


def has_findings(view: View) -> bool:
    """Whether the edition shows a corridor of its newest period."""
    return bool(view.now) and bool(view.listed("corridors"))


PAGES = {"en": "index.html", "sw": "sw.html"}  # by language
PDF, MAP = "report.pdf", "map.html"


def write_reports(
    folder: Path,
    manifest: Mapping[str, Any],
    layer: boundaries.Boundaries,
    earlier: tuple[Path, Mapping[str, Any]] | None,
) -> None:
    """Write a report per edition. `earlier`: folder and manifest of the release in force before, if any."""
    for edition in editions_of(folder, manifest):
        before = Edition(edition.name, *earlier) if earlier is not None else None
        write_report(edition, before, layer)


def write_report(edition: Edition, earlier: Edition | None, layer: boundaries.Boundaries) -> Path:
    folder = edition.path / "report"
    folder.mkdir(parents=True, exist_ok=True)
    view = View.newest(Published(edition, Texts()), layer)
    before = View.newest(Published(earlier, Texts())) if earlier is not None and earlier.tables else None
    for language, page in PAGES.items():
        of = view if language == view.say.language else view.in_language(language)
        report = compose(of, before, boundaries.captions(layer).credits)
        (folder / page).write_text(as_html(report, json_ld(edition)), encoding="utf-8")
        if language == "en":
            (folder / PDF).write_bytes(as_pdf(report))
            (edition.path / LINK_PICTURE).write_bytes(as_picture(report, view))
    return folder


_SIZE = re.compile(r' width="[\d.]+pt" height="[\d.]+pt"')


def as_html(report: Report, json_ld: str = "") -> str:
    """Return the page, which links to the PDF, the map and its other languages; `json_ld`: for its head."""
    page = template("report.html.j2", marked=_marked, plainly=plain)
    files = {"pdf": PDF, "map": MAP, "pages": PAGES, "picture": Path(LINK_PICTURE).name}
    layout = {"files": files, "languages": LANGUAGES, "faces": font_faces(), "drawn": _drawn}
    return page.render(report=report, json_ld=json_ld, **layout)


def _drawn(svg: str) -> Markup:
    return Markup(_SIZE.sub("", svg, count=1))  # noqa: S704 - drawn by this program, its text escaped


def _marked(sentence: Spans) -> Markup:
    """Return HTML in which each value carries its table, key and column; its tooltip is the key to trace."""
    parts: list[str] = []
    for part in sentence:
        text = escape(part if isinstance(part, str) else part.text)
        if isinstance(part, str) or not part.source:
            parts.append(text)
            continue
        column = f' data-column="{escape(part.column)}"' if part.column else ""
        key = escape(part.source)
        parts.append(f'<span data-source="{key}"{column} title="{key}">{text}</span>')
    return Markup("".join(parts))  # noqa: S704 - each value is escaped above


TEMPLATES = Path(__file__).parents[1] / "templates"


def as_pdf(report: Report) -> bytes:
    """Return the PDF, dated as the release, so equal input gives equal bytes."""
    made = int(datetime(*report.made, tzinfo=UTC).timestamp())
    return _typeset("report.typ", report, pdf_standards=["ua-1"], timestamp=made)


def as_picture(report: Report, view: View) -> bytes:
    """Return the first title beside the map of corridors as PNG."""
    first = report.sections[0]
    content = {
        "kicker": report.kicker,
        "title": first.title,
        "deck": first.deck,
        "foot": " · ".join([plain(first.side), *report.band[:1]]),
        "maps": [figure.svg for figure in corridor_map(view)] if has_findings(view) else [],
    }
    return _typeset("picture.typ", content, format="png", ppi=72.0)


def _typeset(name: str, content: Any, **how: Any) -> bytes:
    import typst  # its compiler loads slowly

    made: bytes = typst.compile(
        (TEMPLATES / name).read_bytes(),
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"content": json.dumps(_as_json(content), ensure_ascii=False)},
        **how,
    )
    return made


def _as_json(part: Any) -> Any:
    """Return parts of a report as JSON: sentences as plain text, blocks with their kind."""
    if isinstance(part, tuple) and all(isinstance(piece, str | Value) for piece in part):  # a sentence
        return plain(part)
    if is_dataclass(part) and not isinstance(part, type):
        content = {field.name: _as_json(getattr(part, field.name)) for field in fields(part)}
        return {**content, **({"kind": kind} if (kind := getattr(part, "kind", None)) else {})}
    if isinstance(part, Mapping):
        return {key: _as_json(value) for key, value in part.items()}
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [_as_json(item) for item in part]
    return part
