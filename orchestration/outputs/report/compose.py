"""The whole report of an edition: title page and chapters in reading order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from orchestration.outputs.edition import Edition
from orchestration.outputs.printed import Printed
from orchestration.outputs.report import chapters
from orchestration.outputs.report.parts import Report
from orchestration.outputs.words import Sentence, Words

LAYOUT = ("contents", "skip", "figure", "table", "page", "chapters", "as_pdf", "as_map", "enlarge")


def compose(edition: Edition, earlier: Edition | None, figures: Mapping[str, str], credits: str) -> Report:
    """`figures`: alternative text of each figure that was drawn, by name. `credits`: of the boundaries."""
    words, drawn = Words("en"), dict(figures)
    printed, swahili = Printed(edition, words), Printed(edition, Words("sw"))
    before = Printed(earlier, words) if earlier is not None and earlier.tables else None
    made = datetime.fromisoformat(printed.manifest["as_of"])
    return Report(
        title=words.text("report.title"),
        document=_document(printed),
        subtitle=words.text("report.subtitle"),
        facts=[
            (words("title.edition"), words(f"edition.{edition.name}")),
            *([(words("title.period"), span)] if (span := _span(printed)) else []),
            (words("title.release"), (printed.of_release("release_id"),)),
            (words("title.as_of"), (printed.of_release("as_of", printed.day(made.date())),)),
        ],
        about=[words(f"about.{one}") for one in ("what", *_synthetic(edition), edition.name, "claim")],
        chapters=[
            chapters.summary(printed),
            chapters.summary(swahili),
            chapters.news(printed, before),
            chapters.places(printed),
            chapters.hotspots(printed, drawn),
            chapters.corridors(printed, drawn),
            chapters.shifts(printed, drawn),
            chapters.rounds(printed),
            chapters.risk(printed),
            chapters.ways(printed),
            chapters.coverage(printed, drawn),
            chapters.completeness(printed),
            chapters.methods(printed, credits),
            *([appendix] if (appendix := chapters.limits(printed)) else []),
        ],
        labels={one: words.text(f"report.{one}") for one in LAYOUT}
        | {"made_up": words.text("figure.synthetic") if _synthetic(edition) else ""},
        made=(made.year, made.month, made.day),
    )


def _document(printed: Printed) -> str:
    edition = printed.words.text(f"edition.{printed.edition.name}")
    return f"{printed.words.text('report.title')} · {edition} · {printed.manifest['release_id']}"


def _span(printed: Printed) -> Sentence | None:
    """From the first to the last year or round that numbers of persons are printed of; None without any."""
    kinds = ("year", "rolling_12_months", "round")
    periods = [one for kind in kinds for one in printed.periods_of("ends", kind)]
    if not periods:
        return None
    periods.sort(key=lambda one: str(printed.rows("periods", period_id=one)[0]["period_to"]))
    first, last = printed.period(periods[0]), printed.last_month(periods[-1])
    return printed.words("title.span", first=first, last=last) if len(periods) > 1 else (first,)


def _synthetic(edition: Edition) -> list[str]:
    return ["synthetic"] if edition.manifest.get("is_synthetic") else []
