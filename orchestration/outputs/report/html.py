"""The report as a page: one HTML file that asks for nothing, its figures inside."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from orchestration.outputs.fonts import FONTS
from orchestration.outputs.report.parts import Report
from orchestration.outputs.report_numbers import traced_as
from orchestration.outputs.words import Sentence

_FACES = (("FiraSans-Regular.ttf", 400), ("FiraSans-SemiBold.ttf", 600))
_SIZE = re.compile(r' width="[\d.]+pt" height="[\d.]+pt"')


def as_html(report: Report, figures: Mapping[str, str], files: dict[str, str]) -> str:
    """`figures`: SVG by name. `files`: relative names of what lies beside (`pdf`, `map`)."""

    def figure(name: str) -> Markup:
        drawn = _SIZE.sub("", figures[name], count=1)
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
    parts: list[str] = []
    for part in words:
        text = escape(part if isinstance(part, str) else part.text)
        if isinstance(part, str) or not part.source:
            parts.append(text)
            continue
        column = f' data-column="{escape(part.column)}"' if part.column else ""
        key = escape(traced_as(part.source, part.column))
        parts.append(f'<span data-source="{escape(part.source)}"{column} title="{key}">{text}</span>')
    return Markup("".join(parts))  # noqa: S704 - each value is escaped above


@cache
def _faces() -> list[tuple[str, int]]:
    return [(base64.b64encode((FONTS / name).read_bytes()).decode(), weight) for name, weight in _FACES]
