"""Render templates to pages; everything is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment
from starlette.responses import HTMLResponse

from orchestration.core import templates
from orchestration.stewardship.desk.words import words_of


def page(template: str, status: int, context: dict[str, Any]) -> HTMLResponse:
    return HTMLResponse(
        _templates(context["language"]).get_template(f"{template}.html.j2").render(context), status
    )


@cache
def _templates(language: str = "en") -> Environment:
    words = words_of(language)
    return templates(
        "orchestration.stewardship.desk",
        number=_number,
        size=size,
        day=words.day,
        moment=words.moment,
        spoken=words.spoken,
        seen=seen,
    )


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def size(count: int) -> str:
    """Return a number of bytes as kB or MB."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def seen(observed: str) -> str:
    """Return what a check observed, rounded to four digits."""
    try:
        return f"{float(observed):,.4g}"
    except ValueError:
        return observed or "–"
