"""The corridor map of the public edition, small enough to be kept with each run and shown in the UI."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from orchestration.outputs.words import Words

PICTURE = Path("public") / "report" / "figures" / "corridors.png"
WIDTH, COLOURS = 760, 48


def corridor_map(release: Path) -> str | None:
    """As Markdown with the picture inside; None where the edition prints no corridor."""
    path = release / PICTURE
    if not path.is_file():
        return None
    from PIL import Image  # only where there is a picture

    with Image.open(path) as picture:
        size = (WIDTH, round(picture.height * WIDTH / picture.width))
        small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS).quantize(COLOURS)
    written = io.BytesIO()
    small.save(written, "PNG", optimize=True)
    return f"![{Words().text('figure.title.corridors')}](data:image/png;base64,{_text(written.getvalue())})"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
