"""Places: seconds to load the gazetteer, to find the counties of points and to resolve distinct texts.

    .venv/bin/python -m tests.benchmarks.bench_places
    .venv/bin/python -m tests.benchmarks.bench_places --texts 10000

A third of the texts are names as the gazetteer writes them beside a country, a county or a word for a kind;
a third hold one or two typing errors; a third are made up. They are resolved twice, with the peak memory. pytest
does not collect this file.
"""

from __future__ import annotations

import argparse
import random
import resource
import string
import tempfile
import time
from pathlib import Path

import numpy as np

from orchestration.core import REFERENCE_SEEDS, Keys, Settings, write_texts
from orchestration.places.gazetteer import load_gazetteer
from orchestration.places.points import read_point
from orchestration.places.step import locate
from orchestration.typing.tables import MENTIONS

KEYS = Keys(b"k" * 32, "age1")
AROUND = ["{}, Kenya", "{} county", "near {}", "{} town", "{} (Nairobi)", "{}/Busia", "{} Uganda", "kwa {}"]


def texts(count: int) -> list[str]:
    dice = random.Random(11)  # noqa: S311
    names = sorted(place.name for place in load_gazetteer(REFERENCE_SEEDS).places.values())
    found: dict[str, None] = {}
    while len(found) < count:
        name = dice.choice(names)
        kind = len(found) % 3
        if kind == 0:
            text = (
                dice.choice(AROUND).format(name) + " " * dice.randint(0, 1) + dice.choice(["", "B", "East"])
            )
        elif kind == 1:
            text = misspelt(misspelt(name, dice) if dice.random() < 0.5 else name, dice)
        else:
            text = "".join(dice.choices(string.ascii_lowercase, k=dice.randint(4, 14))).title()
        found.setdefault(text)
    return list(found)


def print_loading_and_points(points: int = 10_000) -> None:
    start = time.process_time()
    load_gazetteer.__wrapped__(REFERENCE_SEEDS)
    print(f"gazetteer loaded: {time.process_time() - start:.2f} s of processor")
    dice = np.random.default_rng(1)
    lats, lons = dice.uniform(-5, 5.5, points), dice.uniform(33, 42.5, points)
    read_point(lats[0], lons[0])  # reads the boundaries
    start = time.perf_counter()
    for lat, lon in zip(lats, lons, strict=True):
        read_point(lat, lon)
    print(f"counties of {points:,} points: {time.perf_counter() - start:.2f} s")


def misspelt(name: str, dice: random.Random) -> str:
    at, letter = dice.randrange(len(name)), dice.choice(string.ascii_lowercase)
    return dice.choice(
        [name[:at] + name[at + 1 :], name[:at] + letter + name[at:], name[:at] + letter + name[at + 1 :]]
    )


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--texts", type=int, default=100_000)
    count = given.parse_args().texts
    print_loading_and_points()
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(Path(name) / "home", Path(name), Path(name) / "keys")
        empty = dict.fromkeys(MENTIONS.names)
        rows = [empty | {"mention_id": at, "place_text": text} for at, text in enumerate(texts(count))]
        write_texts(settings.typed / "mentions" / "e.texts", KEYS, rows)
        for turn in ("first time", "again"):
            start = time.perf_counter()
            found = locate(settings, KEYS)
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{count:,} distinct texts, {turn}: {seconds:.1f} s, peak {peak:,.0f} MB "
                f"({found['resolved']:,} resolved, {found['ambiguous']:,} ambiguous, "
                f"{found['unresolved']:,} unresolved)"
            )


if __name__ == "__main__":
    main()
