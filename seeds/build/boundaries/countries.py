"""The country base layers: a closer look at the region that corridors cross, and the world in few points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import shapely
import shapely.affinity

# What the layers of Natural Earth draw apart and ISO 3166 does not list is drawn with the country that ISO
# counts it in: the map then shows no line that somebody disputes. This is no opinion on legal status.
WITHOUT_ISO_CODE = {"Somaliland": "SOM", "N. Cyprus": "CYP", "Kosovo": "SRB"}
_NOT_DRAWN = {"ATA"}


def build_countries(
    topology: Mapping[str, Any],
    iso_alpha3: Mapping[str, str],
    tolerance: float,
    decimals: int,
    frame: tuple[float, float, float, float] | None = None,
) -> dict[str, Any]:
    """Shape in degrees of each country, by ISO alpha-3.

    `topology` is TopoJSON with numeric ISO codes, `iso_alpha3` translates them; `tolerance` is in degrees.
    """
    parts: dict[str, list[Any]] = defaultdict(list)
    for numeric, name, shape in _shapes(topology):
        code = iso_alpha3.get(numeric or "") or WITHOUT_ISO_CODE.get(name)
        if code and code not in _NOT_DRAWN:
            parts[code].append(shape)
    codes = sorted(parts)
    whole = [_polygons(shapely.union_all(parts[code])) for code in codes]
    drawn = shapely.coverage_simplify(whole, tolerance)
    if frame:
        drawn = shapely.intersection(drawn, shapely.box(*frame))
    countries = {}
    for code, shape in zip(codes, drawn, strict=True):
        # A country too small for the grid of the others gets a finer one rather than vanish.
        polygons = _rounded(shape, decimals) or _rounded(shape, decimals + 1)
        if polygons:
            countries[code] = shapely.multipolygons(polygons) if len(polygons) > 1 else polygons[0]
    return countries


def _rounded(shape: Any, decimals: int) -> list[Any]:
    parts = shapely.get_parts(shapely.set_precision(shape, 10.0**-decimals))
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _shapes(topology: Mapping[str, Any]) -> Iterator[tuple[str | None, str, Any]]:
    """Numeric ISO code, name and shape of every country of a quantised TopoJSON."""
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]
    for entry in topology["objects"]["countries"]["geometries"]:
        polygons = {"Polygon": [entry.get("arcs")], "MultiPolygon": entry.get("arcs")}.get(entry["type"], [])
        rings = [[_ring(arcs, ring) for ring in polygon] for polygon in polygons]
        shape = shapely.union_all([_cut_at_180(shapely.Polygon(one[0], one[1:])) for one in rings])
        yield entry.get("id"), entry["properties"]["name"], shape


def _ring(arcs: list[Any], indexes: list[int]) -> Any:
    """Arcs laid end to end; `~n` is arc n backwards, and each begins where the one before it ended."""
    pieces = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in indexes]
    ring = np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])
    ring[:, 0] = np.unwrap(ring[:, 0], period=360)  # a ring over the 180th meridian goes on beyond it
    return ring


def _cut_at_180(polygon: Any) -> Any:
    """The polygon with what lies beyond ±180° put where maps show it, on the other side."""
    whole = _polygons(shapely.make_valid(polygon))
    pieces = []
    for turn in (-360.0, 0.0, 360.0):
        piece = _polygons(shapely.intersection(whole, shapely.box(turn - 180, -90, turn + 180, 90)))
        pieces.append(shapely.affinity.translate(piece, xoff=-turn))
    return shapely.union_all(pieces)


def _polygons(shape: Any) -> Any:
    """The shape without lines and points, which cutting and mending leave."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])
