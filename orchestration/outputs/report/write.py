"""Write the report of each edition into a candidate, beside its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.outputs.edition import Edition, editions_of
from orchestration.outputs.published import Published
from orchestration.outputs.report.compose import compose, has_findings
from orchestration.outputs.report.figures import draw_figures
from orchestration.outputs.report.html import as_html
from orchestration.outputs.report.pdf import as_pdf
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Texts
from orchestration.places import boundaries

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
