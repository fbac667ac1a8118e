"""The whole report of an edition: the brief, the chapters, a page per county, and the annex."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from importlib import import_module

from orchestration.outputs.report.annex import annex
from orchestration.outputs.report.brief import brief, edition_and_period, too_small
from orchestration.outputs.report.counties import counties
from orchestration.outputs.report.parts import Report, Section
from orchestration.outputs.report.view import View

# Modules of the folder `chapters`, in order. Each has `chapter(view) -> Section | None`.
CHAPTERS = (
    "since",
    "corridors",
    "places",
    "changes",
    "children",
    "forms",
    "hotspots",
    "rounds",
)
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
    modules = [import_module(f"orchestration.outputs.report.chapters.{name}") for name in CHAPTERS]
    return [section for module in modules if (section := module.chapter(view)) is not None]
