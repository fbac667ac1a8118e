"""Boundaries: shapes of counties and countries, shipped with Njia or the operator's own; captions of maps.

Generalised lines cannot tell which places are neighbours. The libraries of shapes are imported inside the
functions: a refresh without news loads none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core import PROJECT_ROOT, NjiaError, Settings, UsageError, seed_rows, sha256_of

if TYPE_CHECKING:
    import geopandas as gpd

SHIPPED = PROJECT_ROOT / "seeds" / "boundaries"
COUNTIES_FILE = "ke_counties_generalised.geojson"
REGION_FILE = "countries_region.geojson"
WORLD_FILE = "countries_world.geojson"
REGION = (8.0, -16.0, 62.0, 40.0)  # west, south, east, north: the Horn, the Great Lakes and the Gulf
COUNTIES = tuple(f"KE{number:03d}" for number in range(1, 48))
FORMATS = (".geojson", ".json", ".gpkg", ".parquet", ".geoparquet")
DEGREES = "EPSG:4326"
PLANE = "+proj=laea +lat_0=0.5 +lon_0=38 +datum=WGS84 +units=km"

GENERALISED = "Generalised boundaries, not authoritative."
GIVEN = "County boundaries: {name}. Not authoritative; country outlines are generalised."
DISCLAIMER = "The depiction does not imply any opinion on legal status."
DISPUTED = (
    "Some lines between countries are disputed. That a line is drawn or left out says nothing of whose claim "
    "is right."
)
SCHEMATIC = "Lines join places; they are not roads."
BASE_CREDITS = ("Natural Earth",)
GENERALISED_CREDITS = ("GeoNames (CC BY 4.0)", "kenya-data")
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Boundaries:
    """County polygons in degrees by P-code, and their origin. `licence`: None where none is stated."""

    name: str
    licence: str | None
    sha256: str
    is_generalised: bool
    counties: Mapping[str, Any] = field(repr=False)

    def record(self) -> dict[str, Any]:
        """Return the manifest's entry, which identifies and credits the file."""
        return {name: value for name, value in vars(self).items() if name != "counties"}


def boundaries_in_force(settings: Settings) -> Boundaries:
    """Return the boundaries for maps and coordinates; raises UsageError for a file that fails a check."""
    path = settings.boundaries
    if path is None:
        return generalised()
    if not path.is_file():
        raise UsageError(
            f"NJIA_BOUNDARIES names {path}, which is not a file. Correct the path, or unset it to draw with "
            "the generalised layer."
        )
    return _own_boundaries(path, sha256_of(path), *_credit(path))


@lru_cache(maxsize=1)
def generalised() -> Boundaries:
    """Return the layer that ships with Njia; a test compares its file with its checksum."""
    path = SHIPPED / COUNTIES_FILE
    return Boundaries("Njia generalised counties", "CC BY 4.0", sha256_of(path), True, shapes_of(path))


@lru_cache(maxsize=4)
def shapes_of(path: Path) -> dict[str, Any]:
    """Return the shape in degrees of each feature of a shipped layer, by code, in the order of codes."""
    import shapely

    if not path.is_file():
        raise NjiaError(
            f"The boundary layer {path.name} is missing from {path.parent}. Restore it from the repository, "
            "or build it with `make boundaries`."
        )
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {
        feature["properties"]["code"]: shapely.from_geojson(json.dumps(feature["geometry"]))
        for feature in sorted(features, key=lambda feature: feature["properties"]["code"])
    }


def country_shapes(of_the_world: bool = False) -> dict[str, Any]:
    """Return countries by ISO alpha-3, in degrees: those of REGION, cut at its edges, or a coarse world."""
    return shapes_of(SHIPPED / (WORLD_FILE if of_the_world else REGION_FILE))


# --- an operator's own file ---------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _own_boundaries(path: Path, sha256: str, name: str, licence: str | None) -> Boundaries:
    """Read and check an own file; its hash and credit are part of the cache key."""
    frame = _readable(path)
    code_column = _checked_codes(path, frame)
    shapes = frame.set_index(code_column).geometry.force_2d().sort_index()
    shapes = shapes.make_valid(method="structure", keep_collapsed=False)
    _check_points(path, shapes)
    return Boundaries(name, licence, sha256, False, dict(shapes))


def _refused(path: Path, fault: str) -> UsageError:
    return UsageError(
        f"NJIA_BOUNDARIES names {path.name}, which is not accepted. {fault} Or unset NJIA_BOUNDARIES to draw "
        "with the generalised layer of Njia."
    )


def _readable(path: Path) -> gpd.GeoDataFrame:
    """First check: the file can be read and holds polygons in degrees of WGS 84."""
    import geopandas as gpd

    save = "Save it in a GIS program as GeoJSON, GeoPackage or GeoParquet, in EPSG:4326 (WGS 84)."
    if path.suffix.lower() not in FORMATS:
        raise _refused(path, f"Its name must end with {', '.join(FORMATS)}. {save}")
    try:
        frame = gpd.read_parquet(path) if "parquet" in path.suffix.lower() else gpd.read_file(path, layer=0)
        crs, kinds = frame.crs, frame.geom_type.fillna("feature without geometry")
    except Exception as error:
        raise _refused(path, f"It cannot be read ({type(error).__name__}). {save}") from None
    if crs is None or not crs.equals(DEGREES, ignore_axis_order=True):
        raise _refused(path, f"Its coordinate system is {crs.name if crs else 'not stated'}. {save}")
    others = kinds[~kinds.isin(["Polygon", "MultiPolygon"])]
    if len(others):
        numbers = [str(number) for number in others.index + 1]
        raise _refused(path, f"Expected polygons; there is a {others.iloc[0]} in {_list(numbers)}. {save}")
    return frame


def _checked_codes(path: Path, frame: gpd.GeoDataFrame) -> str:
    """Second check: the column of P-codes holds each county once. Return its name."""
    columns = [str(name) for name in frame.columns.drop(frame.geometry.name)]
    counts = {name: int(frame[name].isin(COUNTIES).sum()) for name in columns}
    column = max(counts, key=lambda name: counts[name], default="")
    if not counts.get(column):
        raise _refused(
            path,
            f"None of its columns ({', '.join(columns) or 'it has none'}) holds P-codes (KE001 to KE047). "
            "Add a column with the P-code of each county; ISO 3166-2 codes run in another order.",
        )
    codes = list(frame[column].astype("string").fillna("a blank"))
    differences = {
        "lacks": sorted(set(COUNTIES) - set(codes)),
        "repeats": sorted({code for code in codes if codes.count(code) > 1}),
        "has unknown": sorted(set(codes) - set(COUNTIES)),
    }
    if wrong := [f"{verb} {_list(found)}" for verb, found in differences.items() if found]:
        raise _refused(
            path,
            f"Column {column} {', '.join(wrong)}; expected the {len(COUNTIES)} counties KE001 to KE047, each "
            "once. Correct the column, or save the layer of counties alone.",
        )
    return column


def _check_points(path: Path, shapes: gpd.GeoSeries) -> None:
    """Third check: the gazetteer's point of each county lies in the polygon under its code."""
    import geopandas as gpd

    rows = {row["place_id"]: row for row in seed_rows("place_coordinates")}
    at = [(float(rows[code]["lon"]), float(rows[code]["lat"])) for code in shapes.index]
    points = gpd.GeoSeries(gpd.points_from_xy(*zip(*at, strict=True)), index=shapes.index, crs=shapes.crs)
    outside = list(shapes.index[~shapes.intersects(points)])
    if outside:
        raise _refused(
            path,
            f"{len(shapes) - len(outside)} of {len(shapes)} county points lie in the polygon with their "
            f"code; expected all. Look at {_list(outside)}: codes may be exchanged or of another order, "
            "coordinates metres, or latitude and longitude exchanged.",
        )


def _credit(path: Path) -> tuple[str, str | None]:
    """Return name and licence of an own file, from the YAML file beside it."""
    import yaml

    companion = path.with_name(f"{path.name}.about.yml")
    try:
        about = yaml.safe_load(companion.read_text(encoding="utf-8")) if companion.is_file() else {}
        name, licence = about.get("name"), about.get("licence")
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError):
        raise UsageError(
            f"{companion.name} is not YAML with `name:` and `licence:`. Write these two lines, or delete the "
            "file."
        ) from None
    return str(name or path.stem), str(licence) if licence else None


def _list(codes: list[str]) -> str:
    more = len(codes) - _SHOWN
    return ", ".join(codes[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


# --- captions and projection --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Captions:
    """`label` and `disclaimer` go on the map, `credits` below it, the rest where there is room."""

    label: str
    disclaimer: str
    credits: str
    disputed: str = DISPUTED
    schematic: str = SCHEMATIC


def captions(boundaries: Boundaries) -> Captions:
    if boundaries.is_generalised:
        return Captions(GENERALISED, DISCLAIMER, "; ".join((*BASE_CREDITS, *GENERALISED_CREDITS)))
    given = f"{boundaries.name} ({boundaries.licence or 'licence not stated'})"
    return Captions(GIVEN.format(name=boundaries.name), DISCLAIMER, "; ".join((given, *BASE_CREDITS)))


def to_km(shapes: Any, direction: str = "FORWARD") -> Any:
    """Project a geometry or an array of them from degrees to a plane of equal areas around Kenya, or back."""
    import shapely

    return shapely.transform(
        shapes, lambda x, y: _transformer().transform(x, y, direction=direction), interleaved=False
    )


@lru_cache(maxsize=1)
def _transformer() -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(DEGREES, PLANE, always_xy=True)
