"""The report as PDF/UA: tagged, with bookmarks and its own fonts, set by Typst from the words of the page."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from orchestration.outputs.fonts import FONTS
from orchestration.outputs.report.parts import Report
from orchestration.outputs.words import Said, plain

TEMPLATE = Path(__file__).parents[1] / "templates" / "report.typ"
COLOURS = 48


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


def as_png(picture: Path, width: int) -> bytes:
    """An SVG file as a small PNG, `width` pixels across."""
    import typst

    source = f'#set page(width: 100pt, height: auto, margin: 0pt)\n#image("{picture.name}", width: 100%)'
    png: bytes = typst.compile(  # type: ignore[call-overload]
        source.encode(), root=picture.parent, font_paths=[FONTS], ignore_system_fonts=True, format="png",
        ppi=0.72 * width,
    )  # fmt: skip
    written = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def _bare(part: Any) -> Any:
    """Parts as JSON: sentences as plain text, blocks with their kind."""
    if _is_sentence(part):
        return plain(part)
    if is_dataclass(part) and not isinstance(part, type):
        bare = {field.name: _bare(getattr(part, field.name)) for field in fields(part)}
        return {**bare, **({"kind": kind} if (kind := getattr(part, "kind", None)) else {})}
    if isinstance(part, Mapping):
        return {key: _bare(value) for key, value in part.items()}
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [_bare(one) for one in part]
    return part


def _is_sentence(part: Any) -> bool:
    return isinstance(part, tuple) and all(isinstance(one, str | Said) for one in part)
