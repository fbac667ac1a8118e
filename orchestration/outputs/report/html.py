"""The report as a page: one HTML file that asks nobody for anything, with its figures beside it."""

from __future__ import annotations

import base64
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from orchestration.outputs.fonts import FONTS
from orchestration.outputs.report.parts import Report
from orchestration.outputs.report_numbers import traced_as
from orchestration.outputs.words import Sentence, plain

_FACES = (("FiraSans-Regular.ttf", 400), ("FiraSans-SemiBold.ttf", 600))


def as_html(report: Report, files: dict[str, str]) -> str:
    """`files`: what lies beside the page, by what it is (`pdf`, `map`), as relative names."""
    return _template().render(report=report, files=files, faces=_faces(), plain=plain)


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
        column = Markup(' data-column="{}"').format(part.column) if part.column else ""
        key = traced_as(part.source, part.column)
        marked = Markup('<span data-source="{}"{} title="{}">{}</span>')
        parts.append(marked.format(part.source, column, key, part.text))
    return Markup("").join(parts)


@cache
def _faces() -> list[tuple[str, int]]:
    return [(base64.b64encode((FONTS / name).read_bytes()).decode(), weight) for name, weight in _FACES]
