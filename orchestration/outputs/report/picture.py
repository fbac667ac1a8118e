"""The corridor map of the public edition as a small PNG, kept with each run and shown in the Dagster UI."""

from __future__ import annotations

import base64
from pathlib import Path

from orchestration.outputs.report.pdf import as_png
from orchestration.outputs.words import Words

PICTURE = Path("public") / "report" / "figures" / "corridors.svg"
WIDTH = 640


def corridor_map(release: Path) -> str | None:
    """As Markdown with the picture inside; None where the edition shows no corridor."""
    path = release / PICTURE
    if not path.is_file():
        return None
    raw = base64.b64encode(as_png(path, WIDTH)).decode()
    return f"![{Words().text('map.picture')}](data:image/png;base64,{raw})"
