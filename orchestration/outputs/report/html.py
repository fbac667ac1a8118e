"""The report as one HTML file that loads nothing, with its figures inside."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cache

from markupsafe import Markup, escape

from orchestration.outputs.fonts import FONTS
from orchestration.outputs.pages import template
from orchestration.outputs.report.parts import Report
from orchestration.outputs.report_numbers import traced_as
from orchestration.outputs.texts import Sentence

_FACES = (("FiraSans-Regular.ttf", 400), ("FiraSans-SemiBold.ttf", 600))
_SIZE = re.compile(r' width="[\d.]+pt" height="[\d.]+pt"')


def as_html(report: Report, figures: Mapping[str, str], files: dict[str, str]) -> str:
    """Return the page. `figures`: SVG by name. `files`: relative names of the other files (`pdf`, `map`)."""

    def figure(name: str) -> Markup:
        drawn = _SIZE.sub("", figures[name], count=1)
        return Markup(drawn)  # noqa: S704 - drawn by this program, its text escaped

    page = template("report.html.j2", marked=_marked)
    return page.render(report=report, files=files, faces=_faces(), figure=figure)


def _marked(sentence: Sentence) -> Markup:
    """Return HTML in which each value carries its table, key and column; its tooltip is the key to trace."""
    parts: list[str] = []
    for part in sentence:
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
