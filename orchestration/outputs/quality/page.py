"""The quality report as one page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from orchestration import gates
from orchestration.core import Settings, durable, refreshes
from orchestration.outputs.quality.of_refresh import quality_of_refresh
from orchestration.outputs.quality.of_release import quality_of_release
from orchestration.outputs.quality.report import QualityReport
from orchestration.outputs.rows_of_extracts import FATES

IN_REVIEW, IN_RELEASE = "quality_report.html", "members/report/quality.html"
NAIROBI = timezone(timedelta(hours=3))
MOST_EXTRACTS = 500


def write_quality_of_refresh(
    settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None
) -> Path:
    """Write `review/quality_report.html` of a refresh that has ended."""
    path = settings.review / IN_REVIEW
    durable.write_text(path, page(quality_of_refresh(settings, end, verdict)))
    return path


def write_quality_of_release(
    folder: Path, manifest: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]
) -> Path:
    """Write the page of a candidate, before its files are sealed."""
    path = folder / IN_RELEASE
    durable.write_text(path, page(quality_of_release(folder, manifest, earlier)))
    return path


def as_code(sentence: str) -> Markup:
    """Words between backticks as code; all else is escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))  # noqa: S704


def page(report: QualityReport) -> str:
    pages = Environment(
        loader=PackageLoader("orchestration.outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"number": lambda value: f"{value:,}", "code": as_code}
    return pages.get_template("quality.html.j2").render(
        report=report,
        fates=FATES,
        most_extracts=MOST_EXTRACTS,
        made=report.made.astimezone(NAIROBI),
    )
