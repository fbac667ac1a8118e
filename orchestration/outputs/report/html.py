"""The report as a page: one HTML file that asks for nothing, its figures inside."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from orchestration.outputs.fonts import FONTS
from orchestration.outputs.report.parts import Report
from orchestration.outputs.report_numbers import traced_as
from orchestration.outputs.words import Sentence

_FACES = (("FiraSans-Regular.ttf", 400), ("FiraSans-SemiBold.ttf", 600))
_SIZE = re.compile(r' width="[\d.]+pt" height="[\d.]+pt"')


def as_html(report: Report, figures: Path, files: dict[str, str]) -> str:
    """`figures`: the folder of the SVG files. `files`: relative names of what lies beside (`pdf`, `map`)."""

    def figure(name: str) -> Markup:
        drawn = _SIZE.sub("", (figures / f"{name}.svg").read_text(encoding="utf-8"), count=1)
        return Markup(drawn)  # noqa: S704 - the program drew it and escaped its text

    return _template().render(report=report, files=files, faces=_faces(), figure=figure)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("orchestration.outputs", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["said"] = _said
    return environment.get_template("report.html.j2")


def _said(words: Sentence) -> Markup:
    """Each value carries the table, key and column it was read from; resting on it shows what to trace."""
    parts = []
    for part in words:
        if isinstance(part, str):
            parts.append(escape(part))
            continue
        if not part.source:
            parts.append(escape(part.text))
            continue
        column = Markup(' data-column="{}"').format(part.column) if part.column else ""
        key = traced_as(part.source, part.column)
        marked = Markup('<span data-source="{}"{} title="{}">{}</span>')
        parts.append(marked.format(part.source, column, key, part.text))
    return Markup("").join(parts)


@cache
def _faces() -> list[tuple[str, int]]:
    return [(base64.b64encode((FONTS / name).read_bytes()).decode(), weight) for name, weight in _FACES]
