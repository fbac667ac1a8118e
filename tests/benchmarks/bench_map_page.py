"""The map page with very many corridors: its size, the time to write it, to draw it first and to change the year.

    .venv/bin/python -m tests.benchmarks.bench_map_page
    .venv/bin/python -m tests.benchmarks.bench_map_page --flows 1000 --times 3

Made-up counts between counties and countries, three years of them, all drawn at once; in headless Chromium, each
time in a new window. Times are from the start of loading, or from the click on a year, to the end of drawing.
pytest does not collect this file.
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

from orchestration.core import REFERENCE_SEEDS
from orchestration.outputs.map_page.page import write_map_pages
from orchestration.outputs.published import position
from orchestration.places.boundaries import generalised
from tests.browser.chromium import BROWSER_FLAGS
from tests.fixtures.published_world import MANIFEST, world, write_release

YEARS = ("year-2023", "year-2024", "year-2025")
MOST_SECONDS = {"first drawing": 1.5, "year change": 0.8}


def tables_with(flows: int) -> dict[str, list[dict[str, Any]]]:
    """Return as many corridors in each year, and the periods that they count in."""
    with (REFERENCE_SEEDS / "places.csv").open(encoding="utf-8", newline="") as lines:
        places = [row for row in csv.DictReader(lines) if position(row["place_id"])]
    counties = [row["place_id"] for row in places if row["kind"] == "county"]
    countries = [row["place_id"] for row in places if row["kind"] == "country" and row["place_id"] != "KEN"]
    dice = random.Random(8)  # noqa: S311
    named = counties + countries[: 80 - len(counties)]
    pairs = dice.sample(list(itertools.product(named, repeat=2)), flows)
    row = world("public")["corridors"][0]
    corridors = [
        row
        | {"period_id": year, "movement_count": dice.randint(10, 400)}
        | {"start_place_id": start, "end_place_id": end}
        for year in YEARS
        for start, end in pairs
    ]
    [period] = [one for one in world("public")["periods"] if one["period_id"] == "year-2025"]
    return {
        "corridors": corridors,
        "periods": [period | {"period_id": year, "period_to": f"{year[-4:]}-12-31"} for year in YEARS],
    }


def seconds_of(browser: Any, address: str, flows: int) -> dict[str, float]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    first = _drawn(page, 0)
    title = page.locator("#title").text_content()
    assert f"leads {flows:,} corridors" in title, title
    done = page.evaluate("Number(document.getElementById('map').dataset.drawn)")
    started = page.evaluate(
        "(() => { const start = performance.now();"
        " document.querySelector('#periods [data-value=\"year-2024\"]').click(); return start; })()"
    )
    change = _drawn(page, done) - started
    assert page.locator("#periods [aria-pressed=true]").text_content() == "2024"
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
        folder = write_release(Path(scratch), ["public"], public=tables_with(asked.flows))
        start = time.perf_counter()
        [path] = write_map_pages(folder, MANIFEST, generalised())
        print(f"the page written in {time.perf_counter() - start:.2f} s")
        print(f"{asked.flows:,} flows in each of {len(YEARS)} years: {path.stat().st_size / 1e6:.2f} MB")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=BROWSER_FLAGS)
        runs = [seconds_of(browser, f"{path.as_uri()}#most=all", asked.flows) for _ in range(asked.times)]
        browser.close()
    for name, most in MOST_SECONDS.items():
        found = sorted(run[name] for run in runs)
        print(f"{name}: median {statistics.median(found):.2f} s, worst {found[-1]:.2f} s (wanted: {most} s)")


if __name__ == "__main__":
    main()
