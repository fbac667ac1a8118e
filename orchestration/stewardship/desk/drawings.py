"""Small drawings of the desk, as numbers for inline SVG: bars, and maps of outlines and numbered spots."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.core import Settings, read_json

BAR, WIDTH = 120, 360  # the longest bar and every map, in pixels
MARGIN_DEGREES = 1.5
SMALLEST_DEGREES = 3.0  # a lone candidate is shown with the counties around it
SHOWN_REFRESHES = 20
Box = tuple[float, float, float, float]
KENYA: Box = (33.9, -4.8, 42.0, 5.5)


@dataclass(frozen=True)
class Map:
    """A map in pixels; `outlines` are the `d` of SVG paths.

    `spots`: number in the list, x, y and name of each candidate.
    """

    height: int
    outlines: Sequence[str]
    spots: Sequence[tuple[int, float, float, str]]
    width: int = WIDTH


def widths(sizes: Iterable[float]) -> list[float]:
    """Return the width of the bar of each size; the largest fills BAR."""
    sizes = list(sizes)
    largest = max(sizes, default=0) or 1
    return [round(BAR * size / largest, 1) for size in sizes]


def side_by_side(counts: Sequence[Any], of: tuple[int, int] = (1, 1)) -> list[tuple[Any, float, float]]:
    """Return each count with the widths of its bars `before` and `now`.

    `of`: records before and now, of which each count is a share.
    """
    before, now = (max(records, 1) for records in of)
    both = widths(size for one in counts for size in (one.before / before, one.now / now))
    return list(zip(counts, both[::2], both[1::2], strict=True))


def trend_of(
    settings: Settings, check_name: str, extract_id: str | None
) -> list[tuple[dict[str, Any], float]]:
    """Return what a check observed in the last refreshes, newest first, with the width of each bar.

    Of an extract, or of the release: its worst subject. A negative number is drawn by its size.
    """
    results = list(_results(settings, check_name, extract_id))
    return list(zip(results, widths(abs(one["observed"] or 0) for one in results), strict=True))


def _results(settings: Settings, check_name: str, extract_id: str | None) -> Iterator[dict[str, Any]]:
    # The name of a file begins with its time.
    for path in sorted((settings.review / "history").glob("*Z-*.json"), reverse=True)[:SHOWN_REFRESHES]:
        try:
            verdict = read_json(path)
        except (OSError, ValueError):
            continue  # trimmed meanwhile, or damaged
        of_check = [
            one
            for one in verdict["checks"]
            if check_name in (one.get("name"), one.get("check_name")) and extract_id in (None, one["subject"])
        ]
        if of_check:
            yield {**min(of_check, key=lambda one: one["outcome"] == "passed"), "time": verdict["time"]}


def map_of(
    candidates: Sequence[Any], counties: Iterable[Any], countries: Callable[[], Iterable[Any]]
) -> Map | None:
    """Return a map of candidates with `point` (latitude, longitude, WGS 84) and `name`; None without a point.

    Outlines (shapely, in degrees) are counties where all candidates lie in Kenya, else countries. The
    projection is plate carrée, scaled east to west by the cosine of the middle latitude.
    """
    import shapely  # slow to load, and few pages have a map

    placed = [(number, one) for number, one in enumerate(candidates, start=1) if one.point]
    if not placed:
        return None
    west, south, east, north = box = _box([one.point[::-1] for _, one in placed])
    narrow = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * narrow)

    def at(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * narrow * scale, 1), round((north - lat) * scale, 1)

    def path(part: Any) -> str:
        """Return the `d` of an outline, simplified to half a pixel."""
        points = dict.fromkeys(at(lon, lat) for lon, lat, *_ in part.simplify(0.5 / scale).exterior.coords)
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"

    shown, shapes = shapely.box(*box), counties if box == KENYA else countries()
    parts = (part for shape in shapes for part in getattr(shape, "geoms", [shape]))
    return Map(
        math.ceil((north - south) * scale),
        [path(part) for part in parts if shown.intersects(part)],
        [(number, *at(*one.point[::-1]), one.name) for number, one in placed],
    )


def _box(points: Sequence[tuple[float, float]]) -> Box:
    """Return a box around all points, or Kenya where they lie in it; at most twice as high as wide."""
    lons, lats = zip(*points, strict=True)
    west, south, east, north = min(lons), min(lats), max(lons), max(lats)
    if KENYA[0] <= west and east <= KENYA[2] and KENYA[1] <= south and north <= KENYA[3]:
        return KENYA
    west, south = west - MARGIN_DEGREES, south - MARGIN_DEGREES
    east, north = east + MARGIN_DEGREES, north + MARGIN_DEGREES
    wider = max(0.0, max(SMALLEST_DEGREES, (north - south) / 2) - (east - west)) / 2
    higher = max(0.0, max(SMALLEST_DEGREES, (east - west) / 3) - (north - south)) / 2
    return west - wider, south - higher, east + wider, north + higher
