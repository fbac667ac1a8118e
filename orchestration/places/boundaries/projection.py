"""Project degrees to kilometres and back, on an equal-area plane around Kenya."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

PLANE = "+proj=laea +lat_0=0.5 +lon_0=38 +datum=WGS84 +units=km"


def to_km(shapes: Any) -> Any:
    """Project a geometry or an array of them from degrees (EPSG:4326, x is longitude) to the plane."""
    return shapely.transform(shapes, _forward)


def to_degrees(shapes: Any) -> Any:
    return shapely.transform(shapes, _back)


@lru_cache(maxsize=1)
def _transformer() -> Transformer:
    return Transformer.from_crs("EPSG:4326", PLANE, always_xy=True)


def _forward(xy: NDArray[Any]) -> NDArray[Any]:
    return np.column_stack(_transformer().transform(xy[:, 0], xy[:, 1]))


def _back(xy: NDArray[Any]) -> NDArray[Any]:
    return np.column_stack(_transformer().transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
