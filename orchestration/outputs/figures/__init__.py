"""The figures of an edition's report: drawn from its printed tables, as SVG and PNG, always the same bytes.

Belongs here: drawing. Does not: what may be printed, and the words beside a figure (`words.csv`). Reading
order: style, ground, then one module a figure. matplotlib and geopandas take seconds to load, so
`draw_figures` is the door that loads them.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.outputs.printed import Printed
from orchestration.places import boundaries

__all__ = ["draw_figures"]


def draw_figures(printed: Printed, layer: boundaries.Boundaries, folder: Path) -> dict[str, str]:
    """Draw what the edition prints into `folder`; the alternative text of each figure, by its name."""
    from orchestration.outputs.figures.corridors import draw_corridors
    from orchestration.outputs.figures.coverage import draw_coverage
    from orchestration.outputs.figures.hotspots import draw_hotspots
    from orchestration.outputs.figures.shifts import draw_shifts
    from orchestration.outputs.figures.style import drawing
    from orchestration.outputs.figures.years import draw_years

    folder.mkdir(parents=True, exist_ok=True)
    told = {}
    with drawing():
        for name, draw in (
            ("hotspots", draw_hotspots),
            ("corridors", draw_corridors),
            ("years", draw_years),
            ("shifts", draw_shifts),
            ("coverage", draw_coverage),
        ):
            alt = draw(printed, layer, folder / name)
            if alt is not None:
                told[name] = alt
    return told
