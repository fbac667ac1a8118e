"""An operator's own boundary file: accepted only with Kenya's 47 counties under their codes."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from orchestration.core import SAMPLE_PARTNERS, Settings, UsageError, read_json
from orchestration.places.boundaries.chosen import boundaries_in_force, generalised
from tests.fixtures.boundary_files import CODE, ISO_BY_PCODE, counties, settings_with, write


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as refused:
        boundaries_in_force(settings_with(path))
    message = str(refused.value)
    assert path.name in message
    assert "Traceback" not in message
    return message


def with_codes(codes: dict[str, str]) -> gpd.GeoDataFrame:
    frame = counties()
    frame[CODE] = [codes.get(code, code) for code in frame[CODE]]
    return frame


def eight_provinces() -> gpd.GeoDataFrame:
    frame = counties()
    frame["province"] = [f"Province {number // 6 + 1}" for number in range(47)]
    return frame.dissolve("province").reset_index()[["province", "geometry"]]


def iso_order() -> gpd.GeoDataFrame:
    """ISO numbers written as if they were P-codes."""
    return with_codes({f"KE{n:03d}": f"KE0{iso}" for n, iso in enumerate(ISO_BY_PCODE.split(), start=1)})


def moved_vertex(shape: shapely.Geometry) -> shapely.Geometry:
    """The outline crosses itself once."""
    at = shapely.get_coordinates(max(shapely.get_parts(shape), key=lambda part: part.area).exterior)
    for number in range(1, len(at) - 2):
        order = [*range(number), number + 1, number, *range(number + 2, len(at))]
        if not (crossing := shapely.Polygon(at[order])).is_valid:
            return crossing
    raise AssertionError("no two vertices of this outline can be exchanged")


def with_value(row: int | slice, column: str, value: object) -> gpd.GeoDataFrame:
    frame = counties()
    frame.loc[row, column] = value
    return frame


def with_outlines(change: Callable[[gpd.GeoSeries], object]) -> gpd.GeoDataFrame:
    frame = counties()
    frame["geometry"] = change(frame.geometry)
    return frame


def axes_exchanged(outlines: gpd.GeoSeries) -> object:
    return shapely.transform(outlines.values, lambda xy: xy[:, ::-1])


LINE = shapely.LineString([[36, 0], [37, 1]])
FLAT = shapely.Polygon([[36, 0], [37, 1], [36, 0]])


@pytest.mark.parametrize("name", ["own.geojson", "own.gpkg", "own.parquet"])
def test_a_good_file_is_taken_in_each_format(name: str, tmp_path: Path) -> None:
    path = write(counties(), tmp_path / name)
    taken = boundaries_in_force(settings_with(path))
    assert not taken.is_generalised
    assert list(taken.counties) == [f"KE{number:03d}" for number in range(1, 48)]
    nairobi = generalised().counties["KE047"]
    assert taken.counties["KE047"].symmetric_difference(nairobi).area < 1e-9


@pytest.mark.parametrize(
    ("make", "facts"),
    [
        (eight_provinces, ["8 features", "eight former provinces", "No column holds P-codes"]),
        (lambda: counties().head(46), ["46 features", "lacks KE047"]),
        (iso_order, ["county points lie in the polygon", "codes may be exchanged"]),
        (lambda: with_codes({"KE002": "KE003", "KE003": "KE002"}), ["45 of 47 county points", "KE002, KE003"]),
        (lambda: with_codes({"KE003": "KE002"}), ["lacks KE003", "repeats KE002"]),
        (lambda: with_codes({f"KE{n:03d}": f"KE-{n:02d}" for n in range(1, 48)}), ["ISO 3166-2", "another order"]),
        (lambda: with_value(2, CODE, None), ["lacks KE003", "has unknown a blank"]),
        (lambda: with_value(3, "geometry", None), ["no geometry in feature 4"]),
        (lambda: with_value(slice(None), "geometry", None), ["no geometry in feature 1, 2, 3, 4, 5 and 42 more"]),
        (lambda: with_value(3, "geometry", LINE), ["a LineString and no polygon in feature 4"]),
        (lambda: with_value(3, "geometry", FLAT), ["a polygon without area in feature 4"]),
        (lambda: with_outlines(lambda outlines: shapely.buffer(outlines.values, 0.01)), ["Counties overlap by"]),
        (lambda: with_outlines(lambda outlines: outlines.scale(0.9, 0.9)), ["The counties cover", "expected 560,000 to 600,000"]),
        (lambda: with_outlines(axes_exchanged), ["latitude and longitude exchanged"]),
        (
            lambda: counties().to_crs("EPSG:21097").set_crs("EPSG:4326", allow_override=True),
            ["Look whether they are metres"],
        ),
        (lambda: with_codes({f"KE{n:03d}": f"ke{n:03d}" for n in range(1, 48)}), ["write them in capitals"]),
    ],
    ids=[
        "eight provinces", "46 features", "ISO order", "neighbours exchanged", "a code twice", "ISO codes",
        "a blank code", "no geometry", "no geometry at all", "a line", "no area", "overlaps", "too small", "axes exchanged", "metres", "small letters",
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_fault(
    make: Callable[[], gpd.GeoDataFrame], facts: list[str], tmp_path: Path
) -> None:
    message = refusal(write(make(), tmp_path / "own.gpkg"))
    for words in facts:
        assert words in message
    assert "unset NJIA_BOUNDARIES" in message


@pytest.mark.parametrize("name", ["own.gpkg", "own.parquet"])
def test_another_coordinate_system_or_none_is_refused_beside_other_faults(name: str, tmp_path: Path) -> None:
    message = refusal(write(counties().head(46).to_crs("EPSG:21097"), tmp_path / name))
    for words in ("46 features", "Arc 1960 / UTM zone 37N", "expected EPSG:4326"):
        assert words in message
    frame = counties().set_crs(None, allow_override=True)
    assert "does not say its coordinate system" in refusal(write(frame, tmp_path / "none.parquet"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("KE001", "KE002"), ("KE008", "KE009"), ("KE022", "KE047"), ("KE026", "KE037"), ("KE040", "KE041")],
)
def test_exchanged_neighbours_are_found_wherever_they_are(one: str, other: str, tmp_path: Path) -> None:
    exchanged = with_codes({one: other, other: one})
    assert "county points" in refusal(write(exchanged, tmp_path / "own.geojson"))


def test_a_self_crossing_outline_is_repaired_with_a_warning(tmp_path: Path) -> None:
    frame = counties()
    frame.loc[22, "geometry"] = moved_vertex(frame.geometry[22])
    taken = boundaries_in_force(settings_with(write(frame, tmp_path / "own.gpkg")))
    assert taken.counties["KE023"].is_valid
    assert any("KE023 cross themselves and were repaired" in warning for warning in taken.warnings)


def test_the_county_layer_is_chosen_among_several_levels_unless_there_are_two(tmp_path: Path) -> None:
    path = tmp_path / "levels.gpkg"
    counties().dissolve().to_file(path, layer="adm0")
    counties().to_file(path, layer="adm1")
    assert len(boundaries_in_force(settings_with(path)).counties) == 47
    counties().to_file(path, layer="two")
    assert "layers adm0, adm1, two" in refusal(path)


@pytest.mark.parametrize("name", ["own.geojson", "own.gpkg", "own.parquet", "own.shp"])
def test_a_file_of_another_kind_is_refused_without_quoting_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert "is not a file" in refusal(path)
    path.write_text("Testperson, 0700 000 000")
    assert "Testperson" not in refusal(path)


def test_name_and_licence_come_from_the_file_where_it_says_them(tmp_path: Path) -> None:
    path = write(counties(), tmp_path / "own.geojson")
    content = read_json(path)
    path.write_text(json.dumps(content | {"name": "COD-AB Kenya", "licence": "CC BY-IGO"}))
    record = boundaries_in_force(settings_with(path)).record()
    assert (record["name"], record["licence"]) == ("COD-AB Kenya", "CC BY-IGO")
    assert record["is_generalised"] is False
    assert len(record["sha256"]) == 64


def test_name_and_licence_come_from_the_companion_for_other_files(tmp_path: Path) -> None:
    path, companion = write(counties(), tmp_path / "own.parquet"), tmp_path / "own.parquet.about.yml"
    alone = boundaries_in_force(settings_with(path))
    assert alone.licence is None and any(companion.name in warning for warning in alone.warnings)
    companion.write_text("name: COD-AB Kenya\nlicence: CC BY-IGO\n")
    taken = boundaries_in_force(settings_with(path))
    assert (taken.name, taken.licence) == ("COD-AB Kenya", "CC BY-IGO")
    assert not any("licence" in warning for warning in taken.warnings)
    companion.write_text("CC BY-IGO")
    assert companion.name in refusal(path), "it has no keys"


def test_a_changed_file_is_checked_again(tmp_path: Path) -> None:
    path = write(counties(), tmp_path / "own.geojson")
    before = boundaries_in_force(settings_with(path)).sha256
    path.unlink()
    write(counties().iloc[::-1], path)
    assert boundaries_in_force(settings_with(path)).sha256 != before
    path.unlink()
    assert "46 features" in refusal(write(counties().head(46), path))


def test_the_setting_names_the_file_and_without_it_the_shipped_layer_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(counties(), tmp_path / "own.geojson")
    monkeypatch.setenv("NJIA_BOUNDARIES", str(path))
    chosen = Settings.from_environment(tmp_path, SAMPLE_PARTNERS)
    assert chosen.boundaries == path
    assert not boundaries_in_force(chosen).is_generalised
    monkeypatch.delenv("NJIA_BOUNDARIES")
    chosen = Settings.from_environment(tmp_path, SAMPLE_PARTNERS)
    assert chosen.boundaries is None
    assert boundaries_in_force(chosen) is generalised()
