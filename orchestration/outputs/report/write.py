"""Write the report of each edition into a candidate, beside its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.outputs.edition import Edition, editions_of
from orchestration.outputs.published import Published
from orchestration.outputs.report.compose import compose, has_findings
from orchestration.outputs.report.html import as_html
from orchestration.outputs.report.pdf import as_pdf
from orchestration.outputs.report.pictures import draw_figures
from orchestration.outputs.report.view import View
from orchestration.outputs.words import Words
from orchestration.places import boundaries

PAGE, PDF, MAP, FIGURES = "index.html", "report.pdf", "map.html", "figures"


def write_reports(
    folder: Path,
    manifest: Mapping[str, Any],
    layer: boundaries.Boundaries,
    earlier: tuple[Path, Mapping[str, Any]] | None,
) -> None:
    """`earlier`: folder and manifest of the release in force before, if there is one."""
    for edition in editions_of(folder, manifest):
        before = Edition(edition.name, *earlier) if earlier is not None else None
        write_report(edition, before, layer)


def write_report(edition: Edition, earlier: Edition | None, layer: boundaries.Boundaries) -> Path:
    folder = edition.path / "report"
    folder.mkdir(parents=True, exist_ok=True)
    view = View.newest(Published(edition, Words()))
    figures = draw_figures(view, layer, folder / FIGURES) if has_findings(view) else {}
    before = View.newest(Published(earlier, Words())) if earlier is not None and earlier.tables else None
    report = compose(view, before, figures, boundaries.captions(layer).credits)
    (folder / PAGE).write_text(as_html(report, folder / FIGURES, {"pdf": PDF, "map": MAP}), encoding="utf-8")
    (folder / PDF).write_bytes(as_pdf(report, folder))
    return folder
