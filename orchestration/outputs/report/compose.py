"""The whole report of an edition: the brief, chapters, a page for each county, and the annex."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from orchestration.outputs.published import Published
from orchestration.outputs.report.annex import annex
from orchestration.outputs.report.brief import brief, side, too_small
from orchestration.outputs.report.chapters import chapters
from orchestration.outputs.report.counties import counties
from orchestration.outputs.report.parts import Report, Section
from orchestration.outputs.report.view import View

LAYOUT = ("contents", "skip", "as_pdf", "as_map", "page")


def compose(view: View, before: View | None, figures: Mapping[str, str], credits: str) -> Report:
    """The report from what a view shows.

    `before`: the same edition of the last release, where it has published tables. `figures`: alternative text
    of each figure that was drawn, by name. `credits`: of the boundaries.
    """
    words, published = view.words, view.published
    made = datetime.fromisoformat(published.manifest["as_of"])
    sections: list[Section] = [too_small(view)]
    if has_findings(view):
        sections = [brief(view, figures), *chapters(view, before), *counties(view, figures)]
    sections.append(annex(view, credits))
    sections = [replace(one, side=one.side or side(view)) for one in sections]
    return Report(
        document=_document(published),
        kicker=words.text("report.kicker"),
        footer=words.text(f"report.footer.{published.name}").format(credits=credits),
        band=[words.text("band.lead"), words.text("band.text")]
        if published.manifest.get("is_synthetic")
        else [],
        sections=sections,
        labels={one: words.text(f"report.{one}") for one in LAYOUT},
        made=(made.year, made.month, made.day),
    )


def has_findings(view: View) -> bool:
    """Whether the edition shows a corridor of its newest period."""
    return bool(view.now) and bool(view.corridors())


def _document(published: Published) -> str:
    edition = published.words.text(f"edition.{published.name}")
    return f"{published.words.text('report.kicker')} · {edition} · {published.manifest['release_id']}"
