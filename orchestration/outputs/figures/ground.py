"""The ground of a map: land, and Kenya's counties filled by class.

No line between countries is drawn and no area is labelled by its ruler: some of those lines are disputed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas
from matplotlib.axes import Axes

from orchestration.outputs.figures.style import LAND, LINE, WATER
from orchestration.places import boundaries

KENYA_FRAME = (33.0, 42.8, -5.0, 5.3)  # west, east, south, north


def land(axes: Axes, frame: tuple[float, float, float, float]) -> None:
    """All land of the frame in one tone; a degree is as long up as across, which holds near the equator."""
    west, east, south, north = frame
    shapes = geopandas.GeoSeries(boundaries.country_shapes(), crs="EPSG:4326").cx[west:east, south:north]  # type: ignore[misc]
    shapes.clip((west, south, east, north)).plot(ax=axes, color=LAND, linewidth=0, aspect=None)
    axes.set(
        xlim=(west, east), ylim=(south, north), facecolor=WATER, xlabel="", ylabel="", xticks=[], yticks=[]
    )


def counties(axes: Axes, shapes: Mapping[str, Any], codes: list[str], **style: Any) -> None:
    """Fill some counties in one style."""
    drawn = geopandas.GeoSeries({code: shapes[code] for code in codes if code in shapes}, crs="EPSG:4326")
    if len(drawn):
        drawn.plot(ax=axes, aspect=None, **{"edgecolor": "white", "linewidth": 0.5, **style})
        axes.set(xlabel="", ylabel="")


def county_lines(axes: Axes, shapes: Mapping[str, Any]) -> None:
    counties(axes, shapes, list(shapes), facecolor="white", edgecolor=LINE, linewidth=0.35)
