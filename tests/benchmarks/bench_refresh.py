"""A whole refresh at growing sizes: CPU, wall and peak memory of each step, and how each grows.

    make bench                          # the samples, then 10,000, 100,000 and 400,000 movements: hours
    make bench SIZES=10k
    make bench SIZES="10k 40k" BENCH="--nodes 15 --keep /tmp/bench"
    make bench SIZES="1m 10m" BENCH="--flat --nodes 15"

Partners' files of every layout are written by the generator of the samples (`seeds.build.partners`), with as many
cases as a size asks for: every record has a reference of its own, and persons have names drawn from lists that are
as long as a population of that size has them. So every step is covered, from claiming a file on; what is not: files
that partners fetch from a server. With `--flat` they are the flat files of 40 partners (`flat_files`), which can be
written by the million. Each refresh is a process of its own, and runs the job as the command and the UI
do (`run_refresh`). A step's memory is the highest resident size while it ran (Linux alone tells it by step).

After each full refresh come a refresh with one new extract, the quarter's file of a hotline, cut to 1,000 rows,
and one with nothing new. Beside its movements a refresh says why its candidate was refused and which extracts the gate
holds. The exponent of a step is of CPU over movements, from each size to the next that is at least three times as large:
1 is linear. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from tests.benchmarks.flat_files import count_of, write_flat, write_new_extract

SAMPLES = "samples"
SIZES = (SAMPLES, "10k", "100k", "400k")
FULL, ONE_NEW, NOTHING_NEW = "full", "one new extract", "nothing new"
NEW_PARTNER, NEW_FILE, NEW_ROWS = "mbuni_line", "mbuni_line_2026Q3.csv", 1000
WAIVED = "public_years_show_enough"  # flat files have many small corridors, which would refuse the candidate
# Of a hundred cases that the generator draws, so many movements come to be, and rows of other grains with them.
MOVEMENTS_A_CASE = 1.06
AS_OF = "2026-11-28T05:00:00+00:00"
SMALLEST_SHARE = 0.01  # of the CPU of a refresh: steps that cost less are one line


class Cost(NamedTuple):
    cpu: float
    wall: float
    peak_mb: float


def write_inbox(size: str, folder: Path, *, flat: bool) -> None:
    """Contracts into `partners/`, extracts into the inbox, but for the one that comes later, in `later/<partner>/`."""
    from orchestration.core import SAMPLE_PARTNERS, prepare_home
    from orchestration.intake.inbox import add_to_inbox
    from orchestration.stewardship import record_decision
    from seeds.build.partners.write import generate

    settings = _settings(folder)
    if flat:
        write_flat(folder, count_of(size))
        write_new_extract(folder / "later", count_of(size), NEW_ROWS)
        prepare_home(settings)
        now = settings.as_of()
        record_decision(
            settings, "check_waiver", "A. Fixture", "a benchmark", now,
            check=WAIVED, scope="release", expires=(now + timedelta(days=30)).date().isoformat(),
        )  # fmt: skip
    else:
        if size == SAMPLES:
            shutil.copytree(SAMPLE_PARTNERS, settings.partners)
        else:
            with _names_for(count_of(size)):
                generate(settings.partners, cases=round(count_of(size) / MOVEMENTS_A_CASE))
        extract = settings.partners / NEW_PARTNER / "extracts" / NEW_FILE
        lines = extract.read_bytes().splitlines(keepends=True)
        later = folder / "later" / NEW_PARTNER
        later.mkdir(parents=True)
        (later / NEW_FILE).write_bytes(b"".join(lines[: NEW_ROWS + 1]))
        extract.unlink()
    for extracts in sorted(settings.partners.glob("*/extracts")):
        add_to_inbox(settings, extracts.parent.name, sorted(extracts.iterdir()))
        shutil.rmtree(extracts)


@contextmanager
def _names_for(movements: int) -> Iterator[None]:
    """The samples' three surnames would make one person of thousands."""
    from seeds.build.partners import journeys

    dice = random.Random(7)  # noqa: S311
    given, surnames = (_names(dice, count) for count in (900, max(2000, movements // 10)))
    with patch.multiple(journeys, GIVEN_NAMES=given, SURNAMES=surnames):
        yield


def _names(dice: random.Random, count: int) -> tuple[str, ...]:
    """Different invented names of two or three syllables and more."""
    found: dict[str, None] = {}
    while len(found) < count:
        syllables = 2 if len(found) < 900 else 4
        parts = [dice.choice("bdfgjklmnprstvz") + dice.choice("aeiou") for _ in range(syllables)]
        found["".join(parts).title()] = None
    return tuple(found)


def refresh(folder: Path, what: str) -> dict[str, Any]:
    """What the process of one refresh does; gives the cost of each step."""
    from orchestration.core import collect_garbage_less_often, create_missing_keys, prepare_home
    from orchestration.defs.refresh import run_refresh
    from orchestration.intake.inbox import add_to_inbox

    collect_garbage_less_often()
    settings = _settings(folder)
    if what == ONE_NEW:
        for extract in (folder / "later").glob("*/*"):
            add_to_inbox(settings, extract.parent.name, [extract])
    prepare_home(settings)
    create_missing_keys(settings)
    steps: dict[str, Cost] = {}
    under_way = ["start", _cpu(), time.monotonic()]

    def on_step(step: str) -> None:
        name, cpu, wall = under_way
        steps[name] = Cost(_cpu() - cpu, time.monotonic() - wall, peak_mb())
        under_way[:] = step, _cpu(), time.monotonic()
        forget_peak()

    ended = run_refresh(settings, on_step)
    on_step("")
    return {
        "steps": steps,
        "error": str(ended.error or ""),
        "held": _held(settings),
        "movements": _movements(settings),
        "nodes": _nodes(settings),
    }


def _settings(folder: Path) -> Any:
    from datetime import datetime

    from orchestration.core import Settings

    return Settings(folder / "home", folder / "partners", folder / "keys", datetime.fromisoformat(AS_OF))


def _movements(settings: Any) -> int:
    import duckdb

    with duckdb.connect(str(settings.warehouse), read_only=True) as con:
        [(count,)] = con.execute("select count(*) from marts.fct_movements").fetchall()
    return int(count)


def _held(settings: Any) -> list[str]:
    """Extracts that the gate holds, each with the check that holds it."""
    held = json.loads((settings.review / "in_force.json").read_text(encoding="utf-8"))["held"]
    return [f"held: {one['partner']}/{one['extract_id']} ({one['reason']})" for one in held]


def _nodes(settings: Any) -> dict[str, float]:
    """Seconds of wall of each model of dbt, as the refresh noted them."""
    notes = [json.loads(path.read_text(encoding="utf-8")) for path in settings.work.glob("artifacts/*.json")]
    found = [node for note in notes for node in note["facts"].get("nodes", ())]
    return {node["name"]: float(node["seconds"]) for node in found if node["resource_type"] == "model"}


def _cpu() -> float:
    """Of this process and of those it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_mb() -> float:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1024**2 if sys.platform == "darwin" else 1024)


def forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def measure(size: str, folder: Path, kinds: list[str], *, flat: bool) -> dict[str, Any]:
    """Each kind of refresh of a size → what its process said."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("write", size, folder, *(["--flat"] if flat else []))
    return {kind: _run(kind, size, folder) for kind in kinds}


def _run(what: str, size: str, folder: Path, *more: str) -> Any:
    return own_process(__spec__.name, "--process", what, "--folder", str(folder), size, *more)


def own_process(module: str, *given: str) -> Any:
    """Run a module with these arguments; give the JSON of its last line."""
    command = [sys.executable, "-m", module, *given]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": "0"})
    if ran.returncode:
        sys.exit(f"{' '.join(given)}: the process ended with {ran.returncode}.\n{ran.stderr[-3000:]}")
    return json.loads(ran.stdout.splitlines()[-1])


def show(size: str, kind: str, found: dict[str, Any], nodes: int) -> None:
    steps = {name: Cost(*cost) for name, cost in found["steps"].items()}
    total = _total(steps)
    print(f"\n{size}, {kind}: {found['movements']:,} movements", found["error"], *found["held"])
    print(f"{'step':<36} {'CPU s':>8} {'wall s':>8} {'peak MB':>8}")
    small = {name: cost for name, cost in steps.items() if cost.cpu < SMALLEST_SHARE * total.cpu}
    rest = {f"{len(small)} smaller steps": _total(small)} if small else {}
    for name, cost in ({n: c for n, c in steps.items() if n not in small} | rest | {"all": total}).items():
        print(f"{name:<36} {cost.cpu:>8.1f} {cost.wall:>8.1f} {cost.peak_mb:>8,.0f}")
    for name, seconds in sorted(found["nodes"].items(), key=lambda node: -node[1])[:nodes]:
        print(f"    dbt {name:<50} {seconds:>6.1f} s of wall")
    sys.stdout.flush()


def _cpu_of(found: dict[str, Any]) -> float:
    return sum(cost[0] for cost in found["steps"].values())


def _total(steps: dict[str, Cost]) -> Cost:
    costs = list(steps.values())
    return Cost(
        sum(one.cpu for one in costs),
        sum(one.wall for one in costs),
        max((one.peak_mb for one in costs), default=0),
    )


def show_growth(measured: dict[str, dict[str, Any]], nodes: int) -> None:
    """From each size to the next that is at least three times as large."""
    small: dict[str, Any] | None = None
    for large in sorted((found[FULL] for found in measured.values()), key=lambda found: found["movements"]):
        if small is None:
            small = large
        elif large["movements"] >= 3 * small["movements"]:
            _show_growth(small, large, nodes)
            small = large


def _show_growth(small: dict[str, Any], large: dict[str, Any], nodes: int) -> None:
    factor = math.log(large["movements"] / small["movements"])
    print(f"\nGrowth from {small['movements']:,} to {large['movements']:,} movements (1 is linear)")
    print(f"{'step':<36} {'CPU s':>8} {'CPU s':>8} {'exponent':>9}")
    before, after = (
        costs | {"all": sum(costs.values())}
        for costs in ({name: cost[0] for name, cost in one["steps"].items()} for one in (small, large))
    )
    for name, cost in after.items():
        if before.get(name) and cost >= SMALLEST_SHARE * after["all"]:
            exponent = math.log(cost / before[name]) / factor
            print(f"{name:<36} {before[name]:>8.1f} {cost:>8.1f} {exponent:>9.2f}")
    for name, cost in sorted(large["nodes"].items(), key=lambda node: -node[1])[:nodes]:
        if less := small["nodes"].get(name):
            print(f"    dbt {name:<46} {less:>7.2f} {cost:>7.2f} {math.log(cost / less) / factor:>6.2f}")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("sizes", nargs="*", default=list(SIZES), help="`samples`, `10k`, `1m`, …")
    given.add_argument("--nodes", type=int, default=0, help="also the slowest models of dbt, so many")
    given.add_argument("--flat", action="store_true", help="flat files of 40 partners; sizes such as `1m`")
    given.add_argument("--full-alone", action="store_true", help="no refresh after the full one")
    given.add_argument("--keep", type=Path, help="measure in this folder, and leave it")
    given.add_argument("--process", help=argparse.SUPPRESS)
    given.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.process:
        if asked.process == "write":
            write_inbox(*asked.sizes, asked.folder, flat=asked.flat)
            print("{}")
        else:
            print(json.dumps(refresh(asked.folder, asked.process)))
        return
    kinds = [FULL] if asked.full_alone else [FULL, ONE_NEW, NOTHING_NEW]
    measured: dict[str, dict[str, Any]] = {}
    for size in asked.sizes:
        with tempfile.TemporaryDirectory(prefix="njia-bench-") as scratch:
            measured[size] = measure(size, (asked.keep or Path(scratch)) / size, kinds, flat=asked.flat)
        whole = _cpu_of(measured[size][FULL])
        for kind, found in measured[size].items():
            show(size, kind, found, asked.nodes)
            if kind != FULL:
                print(f"{_cpu_of(found) / whole:.0%} of the CPU of a full refresh", flush=True)
    show_growth(measured, asked.nodes)


if __name__ == "__main__":
    main()
