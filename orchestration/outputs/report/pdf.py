"""The report as PDF/UA: tagged, with bookmarks and its own fonts, set by Typst from the words of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.outputs.fonts import FONTS
from orchestration.outputs.report.parts import Report
from orchestration.outputs.words import Said, plain

TEMPLATE = Path(__file__).parents[1] / "templates" / "report.typ"


def as_pdf(report: Report, folder: Path) -> bytes:
    """`folder` holds `figures/`. Same words and figures, same bytes: the date is the release's."""
    import typst  # its compiler takes a moment to load

    pdf: bytes = typst.compile(  # type: ignore[misc]
        TEMPLATE.read_bytes(),
        root=folder,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(_bare(report), ensure_ascii=False)},
        pdf_standards=["ua-1"],
        timestamp=int(datetime(*report.made, tzinfo=UTC).timestamp()),
    )
    return pdf


def _bare(part: Any) -> Any:
    """Parts as JSON: sentences as plain text, blocks with their kind."""
    if _is_sentence(part):
        return plain(part)
    if is_dataclass(part) and not isinstance(part, type):
        told = {field.name: _bare(getattr(part, field.name)) for field in fields(part)}
        return {**told, **({"kind": kind} if (kind := getattr(part, "kind", None)) else {})}
    if isinstance(part, Mapping):
        return {key: _bare(value) for key, value in part.items()}
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [_bare(one) for one in part]
    return part


def _is_sentence(part: Any) -> bool:
    return isinstance(part, tuple) and bool(part) and all(isinstance(one, str | Said) for one in part)
