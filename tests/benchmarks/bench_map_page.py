"""The map page with very many corridors: its size, the time to write it, to draw it first and to change the year.

    .venv/bin/python -m tests.benchmarks.bench_map_page
    .venv/bin/python -m tests.benchmarks.bench_map_page --flows 1000 --times 3

Made-up counts between counties and countries, three years of them, all drawn at once; in headless Chromium, each
time in a new window. Times are from the start of loading, or from the key that moves the slider, to the end of
drawing. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.outputs.edition import editions_of
from orchestration.outputs.map_page import write_map_pages
from orchestration.outputs.pages import MAP_PAGE
from orchestration.places.boundaries import generalised
from orchestration.settings import REFERENCE_SEEDS
from tests.browser.test_dagster_ui import BROWSER_FLAGS
from tests.unit.printed_world import write_release

YEARS = ("2023", "2024", "2025")
MOST_SECONDS = {"first drawing": 1.5, "year change": 0.8}


def write_flows(folder: Path, flows: int) -> None:
    """As many printed corridors in each year, instead of those of the made-up release."""
    with (REFERENCE_SEEDS / "place_coordinates.csv").open(encoding="utf-8", newline="") as lines:
        points = {row["place_id"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(lines)}
    with (REFERENCE_SEEDS / "places.csv").open(encoding="utf-8", newline="") as lines:
        places = [row for row in csv.DictReader(lines) if row["place_id"] in points]
    counties = [row for row in places if row["kind"] == "county"]
    named = counties + [row for row in places if row["kind"] == "country"][: 80 - len(counties)]
    dice = random.Random(8)  # noqa: S311
    pairs = dice.sample(list(itertools.product([row["place_id"] for row in named], repeat=2)), flows)
    corridors = pd.DataFrame(
        [("case", year, *pair, True, dice.randint(10, 400)) for year in YEARS for pair in pairs],
        columns=[
            "record_grain",
            "period_id",
            "origin_place_id",
            "destination_place_id",
            "is_shown",
            "person_count",
        ],
    )
    parquet = folder / "public" / "parquet"
    pq.write_table(pa.Table.from_pandas(corridors), parquet / "public.public_corridors.parquet")
    path = parquet / "public.public_places.parquet"
    printed = pq.read_table(path).to_pandas()
    more = pd.DataFrame(
        [
            (row["place_id"], row["name"], row["kind"], row["iso_alpha3"], *points[row["place_id"]])
            for row in named
            if row["place_id"] not in set(printed["place_id"])
        ],
        columns=["place_id", "name", "kind", "country_place_id", "lat", "lon"],
    )
    pq.write_table(pa.Table.from_pandas(pd.concat([printed, more])), path)


def seconds_of(browser: Any, address: str, flows: int) -> dict[str, float]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    first = _drawn(page, 0)
    assert (
        page.locator("#summary")
        .text_content()
        .startswith(f"Cases, 2025. Corridors with a number: {flows:,}.")
    )
    page.locator("#choose-period").focus()
    done = page.evaluate("Number(document.getElementById('map').dataset.drawn)")
    started = page.evaluate(
        "(() => { const slider = document.getElementById('choose-period'); const start = performance.now();"
        " slider.value = '1'; slider.dispatchEvent(new Event('input')); return start; })()"
    )
    change = _drawn(page, done) - started
    assert page.locator("#period-now").text_content() == "2024"
    page.close()
    return {"first drawing": first / 1000, "year change": change / 1000}


def _drawn(page: Any, before: int) -> float:
    """Milliseconds from the start of loading to the end of the drawing that came after so many."""
    while page.evaluate("Number(document.getElementById('map').dataset.drawn ?? 0)") <= before:
        page.wait_for_timeout(20)
    return float(page.evaluate("Number(document.getElementById('map').dataset.drawnAt)"))


def main() -> None:
    from playwright.sync_api import sync_playwright

    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--flows", type=int, default=5000)
    given.add_argument("--times", type=int, default=5)
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        manifest = write_release(folder)
        write_flows(folder, asked.flows)
        start = time.perf_counter()
        write_map_pages(folder, manifest, generalised())
        print(f"both pages written in {time.perf_counter() - start:.2f} s")
        path = editions_of(folder, manifest)[0].path / MAP_PAGE
        print(f"{asked.flows:,} flows in each of {len(YEARS)} years: {path.stat().st_size / 1e6:.2f} MB")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=BROWSER_FLAGS)
        runs = [seconds_of(browser, f"{path.as_uri()}#most=all", asked.flows) for _ in range(asked.times)]
        browser.close()
    for name, most in MOST_SECONDS.items():
        found = sorted(run[name] for run in runs)
        print(f"{name}: median {statistics.median(found):.2f} s, worst {found[-1]:.2f} s (wanted: {most} s)")


if __name__ == "__main__":
    main()
