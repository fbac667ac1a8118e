"""Read an operator's boundary file: GeoJSON, GeoPackage or GeoParquet, with any column names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import yaml

from orchestration.core import UsageError

GEOJSON, GEOPACKAGE, PARQUET = (".geojson", ".json"), (".gpkg",), (".parquet", ".geoparquet")
COUNTIES = 47
P_CODE = re.compile(r"KE\d{3}")
ISO_CODE = re.compile(r"KE-\d{2}")


@dataclass(frozen=True)
class OwnFile:
    """Content of the file. `code_column`: None without P-codes; `found_codes` then describes the columns."""

    path: Path
    name: str
    licence: str | None
    frame: gpd.GeoDataFrame
    code_column: str | None
    found_codes: str


def read_own_file(path: Path, companion: str | None = None) -> OwnFile:
    """Read the file; `companion`: text of the YAML file beside it, which wins over the file."""
    about = _about_in_file(path) | _about_in_companion(path, companion)
    try:
        frame = _read(path)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"NJIA_BOUNDARIES names {path.name}, which cannot be read ({type(error).__name__}). "
            "Open it in a GIS program and save it anew as GeoJSON, GeoPackage or GeoParquet."
        ) from None
    code_column, found_codes = _code_column(frame)
    return OwnFile(
        path, about.get("name") or path.stem, about.get("licence"), frame, code_column, found_codes
    )


def _read(path: Path) -> gpd.GeoDataFrame:
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        return gpd.read_parquet(path)
    if suffix in GEOJSON:
        return gpd.read_file(path)
    if suffix in GEOPACKAGE:
        return gpd.read_file(path, layer=_layer_of_counties(path))
    raise UsageError(
        f"NJIA_BOUNDARIES names {path.name}. Expected a GeoJSON (.geojson), GeoPackage (.gpkg) or GeoParquet "
        "(.parquet) file: convert it in a GIS program."
    )


def _layer_of_counties(path: Path) -> str:
    """Return the only layer, or the one with as many features as there are counties."""
    layers = [str(name) for name, geometry in pyogrio.list_layers(path) if geometry]
    fitting = [name for name in layers if pyogrio.read_info(path, layer=name)["features"] == COUNTIES]
    if len(layers) == 1 or len(fitting) == 1:
        return (fitting or layers)[0]
    raise UsageError(
        f"NJIA_BOUNDARIES names {path.name}, which has the layers {', '.join(layers) or 'none'}; expected "
        f"one with {COUNTIES} counties. Save that layer in a file of its own."
    )


def _code_column(frame: gpd.GeoDataFrame) -> tuple[str | None, str]:
    """Return the column with most P-codes, or None and a description of the codes."""
    counts: dict[str, int] = {}
    iso = None
    for column in frame.columns.drop(frame.geometry.name):
        values = frame[column].astype("string").fillna("")
        counts[str(column)] = int(values.map(lambda value: bool(P_CODE.fullmatch(value))).sum())
        if values.map(lambda value: bool(ISO_CODE.fullmatch(value))).any():
            iso = str(column)
    best = max(counts, key=lambda column: counts[column], default=None)
    if best is not None and counts[best]:
        return best, ""
    if small := next((name for name in counts if _has_small_codes(frame[name])), None):
        return None, f"column {small} holds them in small letters; write them in capitals"
    if iso:
        return None, f"column {iso} holds ISO 3166-2 codes, which run in another order"
    return None, f"the columns are {', '.join(counts) or 'none'}"


def _has_small_codes(values: pd.Series) -> bool:
    return any(P_CODE.fullmatch(value.upper()) for value in values.astype("string").fillna(""))


def _about_in_file(path: Path) -> dict[str, str]:
    """Return name and licence that a GeoJSON states beside its features."""
    if path.suffix.lower() not in GEOJSON:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return {}  # reading the features reports the fault
    return _name_and_licence(content) if isinstance(content, Mapping) else {}


def _about_in_companion(path: Path, text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    if not isinstance(content, Mapping):
        raise UsageError(
            f"{path.name}.about.yml is not YAML with `name:` and `licence:`. Write these two lines, or "
            "delete the file."
        )
    return _name_and_licence(content)


def _name_and_licence(content: Mapping[str, Any]) -> dict[str, str]:
    texts = {"name": content.get("name"), "licence": content.get("licence") or content.get("license")}
    return {key: text.strip() for key, text in texts.items() if isinstance(text, str) and text.strip()}
