"""An operator's own boundary file: accepted only with Kenya's 47 counties under their codes."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from orchestration.core import SAMPLE_PARTNERS, Settings, UsageError
from orchestration.places.boundaries import boundaries_in_force, generalised
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


def with_value(row: int, column: str, value: object) -> gpd.GeoDataFrame:
    frame = counties()
    frame.loc[row, column] = value
    return frame


def axes_exchanged() -> gpd.GeoDataFrame:
    frame = counties()
    frame["geometry"] = shapely.transform(frame.geometry.values, lambda xy: xy[:, ::-1])
    return frame


LINE = shapely.LineString([[36, 0], [37, 1]])
FLAT = shapely.Polygon([[36, 0], [37, 1], [36, 0]])


@pytest.mark.parametrize("name", ["own.geojson", "own.gpkg", "own.parquet"])
def test_a_good_file_is_taken_in_each_format(name: str, tmp_path: Path) -> None:
    path = write(counties().iloc[::-1], tmp_path / name)
    taken = boundaries_in_force(settings_with(path))
    assert not taken.is_generalised
    assert list(taken.counties) == [f"KE{number:03d}" for number in range(1, 48)]
    nairobi = generalised().counties["KE047"]
    assert taken.counties["KE047"].symmetric_difference(nairobi).area < 1e-9


@pytest.mark.parametrize(
    ("make", "facts"),
    [
        (lambda: counties().to_crs("EPSG:21097"), ["Arc 1960 / UTM zone 37N", "EPSG:4326"]),
        (lambda: with_value(3, "geometry", None), ["a feature without geometry in 4"]),
        (lambda: with_value(3, "geometry", LINE), ["a LineString in 4"]),
        (eight_provinces, ["None of its columns (province) holds P-codes"]),
        (lambda: with_codes({f"KE{n:03d}": f"KE-{n:02d}" for n in range(1, 48)}), [f"({CODE}) holds P-codes", "ISO 3166-2"]),
        (lambda: counties().head(46), [f"Column {CODE} lacks KE047;"]),
        (lambda: with_codes({"KE003": "KE002"}), ["lacks KE003, repeats KE002;"]),
        (lambda: with_value(2, CODE, None), ["lacks KE003, has unknown a blank;"]),
        (lambda: with_codes({"KE002": "KE003", "KE003": "KE002"}), ["45 of 47 county points", "KE002, KE003"]),
        (iso_order, ["county points lie in the polygon", "of another order"]),
        (axes_exchanged, ["0 of 47 county points", "latitude and longitude exchanged", "and 42 more"]),
        (
            lambda: counties().to_crs("EPSG:21097").set_crs("EPSG:4326", allow_override=True),
            ["1 of 47 county points", "metres"],
        ),
        (lambda: with_value(3, "geometry", FLAT), ["46 of 47 county points", "KE004"]),
    ],
    ids=[
        "another system", "no geometry", "a line", "eight provinces", "ISO codes", "46 features", "a code twice",
        "a blank code", "neighbours exchanged", "ISO order", "axes exchanged", "metres", "no area",
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_fault(
    make: Callable[[], gpd.GeoDataFrame], facts: list[str], tmp_path: Path
) -> None:
    message = refusal(write(make(), tmp_path / "own.gpkg"))
    for words in facts:
        assert words in message
    assert "unset NJIA_BOUNDARIES" in message


def test_a_file_without_a_coordinate_system_is_refused(tmp_path: Path) -> None:
    frame = counties().set_crs(None, allow_override=True)
    assert "coordinate system is not stated" in refusal(write(frame, tmp_path / "none.parquet"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("KE001", "KE002"), ("KE008", "KE009"), ("KE022", "KE047"), ("KE026", "KE037"), ("KE040", "KE041")],
)
def test_exchanged_neighbours_are_found_wherever_they_are(one: str, other: str, tmp_path: Path) -> None:
    exchanged = with_codes({one: other, other: one})
    assert f"Look at {one}, {other}" in refusal(write(exchanged, tmp_path / "own.geojson"))


def test_a_self_crossing_outline_is_repaired(tmp_path: Path) -> None:
    frame = counties()
    frame.loc[22, "geometry"] = moved_vertex(frame.geometry[22])
    taken = boundaries_in_force(settings_with(write(frame, tmp_path / "own.gpkg")))
    assert taken.counties["KE023"].is_valid
    assert taken.counties["KE023"].area == pytest.approx(generalised().counties["KE023"].area, rel=0.01)


@pytest.mark.parametrize("name", ["own.geojson", "own.gpkg", "own.parquet", "own.shp"])
def test_a_file_of_another_kind_is_refused_without_quoting_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert "is not a file" in refusal(path)
    path.write_text("Testperson, 0700 000 000")
    assert "Testperson" not in refusal(path)


def test_name_and_licence_come_from_the_companion(tmp_path: Path) -> None:
    path, companion = write(counties(), tmp_path / "own.parquet"), tmp_path / "own.parquet.about.yml"
    alone = boundaries_in_force(settings_with(path))
    assert (alone.name, alone.licence) == ("own", None)
    companion.write_text("name: COD-AB Kenya\nlicence: CC BY-IGO\n")
    record = boundaries_in_force(settings_with(path)).record()
    assert (record["name"], record["licence"]) == ("COD-AB Kenya", "CC BY-IGO")
    assert record["is_generalised"] is False and len(record["sha256"]) == 64
    for wrong in ("CC BY-IGO", "name: [", ""):
        companion.write_text(wrong)
        assert companion.name in refusal(path), "it has no keys"


def test_a_changed_file_is_checked_again(tmp_path: Path) -> None:
    path = write(counties(), tmp_path / "own.geojson")
    before = boundaries_in_force(settings_with(path)).sha256
    path.unlink()
    write(counties().iloc[::-1], path)
    assert boundaries_in_force(settings_with(path)).sha256 != before
    path.unlink()
    assert "lacks KE047" in refusal(write(counties().head(46), path))


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
