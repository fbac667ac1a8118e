"""The quality report as one HTML page that loads nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration import gates
from orchestration.core import Settings, durable, refreshes, write_summed
from orchestration.outputs.pages import NAIROBI, template
from orchestration.outputs.quality.refresh_report import quality_of_refresh
from orchestration.outputs.quality.release_report import quality_of_release
from orchestration.outputs.quality.report import QualityReport
from orchestration.outputs.reconciliation import FATES

IN_REVIEW, IN_RELEASE = "quality_report.html", "members/report/quality.html"
MOST_EXTRACTS = 500


def write_quality_of_refresh(
    settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None
) -> Path:
    """Write `review/quality_report.html` of a refresh that has ended."""
    path = settings.review / IN_REVIEW
    write_summed(path, page(quality_of_refresh(settings, end, verdict)))
    return path


def write_quality_of_release(
    folder: Path, manifest: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]
) -> Path:
    """Write the page of a candidate, before its files are sealed."""
    path = folder / IN_RELEASE
    durable.write_text(path, page(quality_of_release(folder, manifest, earlier)))
    return path


def page(report: QualityReport) -> str:
    made = report.made.astimezone(NAIROBI)
    return template("quality.html.j2").render(
        report=report, fates=FATES, most_extracts=MOST_EXTRACTS, made=made
    )
