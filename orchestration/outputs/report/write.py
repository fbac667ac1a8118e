"""Write the report of each edition into a candidate: brief, chapters, a page per county, annex."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.outputs.published import Edition, Published, editions_of
from orchestration.outputs.report.annex import annex
from orchestration.outputs.report.brief import brief, edition_and_period, too_small
from orchestration.outputs.report.chapters.changes import changes, since_release
from orchestration.outputs.report.chapters.corridors import corridors
from orchestration.outputs.report.chapters.hotspots import hotspots
from orchestration.outputs.report.chapters.places import places
from orchestration.outputs.report.chapters.rounds import rounds
from orchestration.outputs.report.chapters.traits import children, forms
from orchestration.outputs.report.counties import counties
from orchestration.outputs.report.figures import draw_figures
from orchestration.outputs.report.parts import Report, Section
from orchestration.outputs.report.printing import as_html, as_pdf
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Texts
from orchestration.places import boundaries

CHAPTERS = (since_release, corridors, places, changes, children, forms, hotspots, rounds)  # in order
LAYOUT = ("contents", "skip", "as_pdf", "as_map", "page")


def compose(view: View, previous: View | None, figures: Mapping[str, str], credits: str) -> Report:
    """Return the report of a view.

    `previous`: the same edition of the last release, if it has published tables. `figures`: alternative
    text of each figure by name. `credits`: sources of the boundaries.
    """
    say, published = view.say, view.published
    made = datetime.fromisoformat(published.manifest["as_of"])
    sections: list[Section] = [too_small(view)]
    if has_findings(view):
        sections = [brief(view, figures), *_chapters(view, previous), *counties(view, figures)]
    sections.append(annex(view, credits))
    edition = say.text(f"edition.{published.name}")
    return Report(
        document=f"{say.text('report.kicker')} · {edition} · {published.manifest['release_id']}",
        kicker=say.text("report.kicker"),
        footer=say.text(f"report.footer.{published.name}").format(credits=credits),
        band=[say.text("band.lead"), say.text("band.text")] if published.manifest.get("is_synthetic") else [],
        sections=[replace(section, side=section.side or edition_and_period(view)) for section in sections],
        labels={label: say.text(f"report.{label}") for label in LAYOUT},
        made=(made.year, made.month, made.day),
    )


def has_findings(view: View) -> bool:
    """Whether the edition shows a corridor of its newest period."""
    return bool(view.now) and bool(view.corridors())


def _chapters(view: View, previous: View | None) -> list[Section]:
    """Return the chapters that have something to show."""
    view.previous = previous
    return [section for chapter in CHAPTERS if (section := chapter(view)) is not None]


PAGE, PDF, MAP, FIGURES = "index.html", "report.pdf", "map.html", "figures"


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
    view = View.newest(Published(edition, Texts()))
    before = View.newest(Published(earlier, Texts())) if earlier is not None and earlier.tables else None
    figures: dict[str, dict[str, str]] = {}
    if has_findings(view):
        figures = draw_figures(view, layer)
        (folder / FIGURES).mkdir(exist_ok=True)
    drawings = {name: figure["svg"] for name, figure in figures.items()}
    for name, drawing in drawings.items():
        (folder / FIGURES / f"{name}.svg").write_text(drawing, encoding="utf-8")
    alts = {name: figure["alt"] for name, figure in figures.items()}
    report = compose(view, before, alts, boundaries.captions(layer).credits)
    (folder / PAGE).write_text(as_html(report, drawings, {"pdf": PDF, "map": MAP}), encoding="utf-8")
    (folder / PDF).write_bytes(as_pdf(report, folder))
    return folder
