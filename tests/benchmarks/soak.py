"""Nights on end on the tiny world: what has to hold after each, and what they cost.

    python -m tests.benchmarks.soak --nights 200 --seed 1 --folder /tmp/soak

Each night is a day later. Chance, by seed and night, sends new files, corrections, shrunk lists, files with another
column and unreadable ones; it withdraws and accepts extracts, excludes rows, waives what refused a release, forgets
records, rolls back, and kills refreshes. Nights with news do the steps alone (`tests/steps.py`), twenty in one process;
quiet nights and each tenth run Dagster's job, as the command does. The first fault ends it, with night and seed.
CPU is the mean of a night since the line before; memory and open files are the most of a process of twenty.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import mean
from typing import Any

import pyarrow.parquet as pq

from orchestration.core import (
    NjiaError,
    Settings,
    kept,
    load_keys,
    partners_with_tombstones,
    refreshes,
    tombstones_of,
)
from orchestration.core.modes import restricted_folders
from orchestration.core.release_key import installed_public_key
from orchestration.core.sums import SUMS
from orchestration.intake import held_of_forgotten, read_register
from orchestration.outputs.reconciliation import rows_of_extracts
from orchestration.release import (
    current_release,
    lineage_of,
    list_releases,
    open_edition,
    rollback,
    still_held,
    verify,
)
from orchestration.stewardship import audit, list_decisions, record_decision, review, revoke
from tests import scenario, steps
from tests.command import FORKS, njia
from tests.conftest import EvidenceBase, new_evidence_base

BY_DAGSTER_EACH, ROW_EACH, NIGHTS_A_PROCESS = 10, 25, 20
UNREADABLE_FOR = 3  # nights until the operator takes an unreadable file away
AUTHOR = "A. Steward"
PLACES = ("Busia", "Kisumu", "Moyale", "Mombasa", "Kampala", "Addis Ababa")
PARTS = (
    "releases",
    "dagster",
    "review",
    "receipts",
    "notices",
    "lineage",
    "landing",
    "sealed",
    "work",
    "audit",
)
Sums = dict[str, str]


@dataclass
class World:
    """What was sent so far. `read`: rows of each file by extract id; `printed`: sums of public years."""

    base: EvidenceBase
    cases: dict[str, str] = field(default_factory=dict)
    swala: list[str] = field(default_factory=scenario.SWALA.splitlines)
    read: dict[str, int] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    unreadable: dict[Path, int] = field(default_factory=dict)
    printed: Sums = field(default_factory=dict)
    refused: int = 0
    done: Counter[str] = field(default_factory=Counter)

    @property
    def settings(self) -> Settings:
        return self.base.settings

    def send(self, partner: str, name: str, text: str) -> None:
        self.base.deliver(partner, name, text)
        self.read[hashlib.sha256(text.encode()).hexdigest()[:16]] = text.count("\n") - 1

    def decide(self, kind: str, **given: Any) -> None:
        record_decision(self.settings, kind, AUTHOR, "a simulated night", self.settings.as_of(), **given)


@dataclass(frozen=True)
class Cost:
    outcome: str
    cpu: float
    peak_mb: float
    open_files: int


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--nights", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--busy", type=float, default=1, help="times as many events")
    asked.add_argument("--folder", type=Path, help="kept; else a temporary folder")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(soak(given.folder or Path(folder) / "soak", given.nights, given.seed, given.busy))


def soak(folder: Path, nights: int, seed: int, busy: float) -> int:
    """Live through the nights; 1 after the first fault."""
    folder.mkdir(parents=True)
    world = World(new_evidence_base(folder))
    for partner, name, text in scenario.EXTRACTS:
        world.send(partner, name, text)
    costs: list[Cost] = []
    refresher = Refresher()
    print(_row("night", "movements", "CPU s", "peak MB", "open", "files", *PARTS, "MB"))
    for night in range(nights):
        chance = random.Random(f"{seed}/{night}")  # noqa: S311
        world.base = world.base.at(scenario.AS_OF + timedelta(days=night))
        has_news = night == 0 or live(world, chance, busy)
        is_killed = night > 0 and chance.random() < 0.06
        if is_killed:
            kill(world, chance)
        else:
            costs.append(refresher.refresh(world, not has_news or night % BY_DAGSTER_EACH == 0))
        if found := list(faults(world, is_killed, costs[-1].outcome)):
            print(f"seed {seed}, night {night}, {dict(world.done)}:", *found, sep="\n  ", flush=True)
            return 1
        if night % ROW_EACH == 0 or night == nights - 1:
            print(measured(world, night, costs[-ROW_EACH:]), dict(world.done), sep="\n  ", flush=True)
    print(f"{nights} nights, seed {seed}: {dict(world.done)}; no fault.")
    return 0


def live(world: World, chance: random.Random, busy: float) -> bool:
    """What happens in a day, each event by its own chance; whether anything did."""
    before = sum(world.done.values())
    for event, likely in EVENTS.items():
        if chance.random() < likely * busy:
            try:
                event(world, chance)
                world.done[event.__name__] += 1
            except NjiaError:  # a steward is told why not, and leaves it
                world.done[f"{event.__name__}: not now"] += 1
    for react in (accepted, waived):
        try:
            react(world, chance)
        except NjiaError:
            world.done[f"{react.__name__}: not now"] += 1
    for path in [path for path, since in world.unreadable.items() if since >= UNREADABLE_FOR]:
        path.unlink(missing_ok=True)
        del world.unreadable[path]
    world.unreadable = {path: since + 1 for path, since in world.unreadable.items()}
    return sum(world.done.values()) > before


def case(chance: random.Random, world: World, ref: str) -> str:
    days = (world.settings.as_of().date() - scenario.AS_OF.date()).days + 330
    on = world.settings.as_of().date() - timedelta(days=chance.randrange(35, days))
    origin = chance.choice([*PLACES, "Busia", "Busia", "Busia"])
    age = chance.randrange(9, 60)
    return f"{ref};{on:%d/%m/%Y};F;{age};{origin};Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;Pendo Sampleton;;"


def new_cases(world: World, chance: random.Random) -> None:
    fresh = [f"KN{len(world.cases) + number}" for number in range(chance.randrange(1, 5))]
    world.cases |= {ref: case(chance, world, ref) for ref in fresh}
    rows = [world.cases[ref] for ref in fresh]
    if chance.random() < 0.2:
        rows.append(f"KN-{len(world.cases)};31/02/2026;F;20;Busia;;Nairobi;Nairobi;Domestic;bus;Yes;;;")
    send_cases(world, rows)


def corrected_cases(world: World, chance: random.Random) -> None:
    known = sorted(world.cases.keys() - world.forgotten)
    again = chance.sample(known, min(len(known), 2))
    world.cases |= {ref: case(chance, world, ref) for ref in again}
    send_cases(world, [world.cases[ref] for ref in again])


def send_cases(world: World, rows: list[str]) -> None:
    if rows:
        text = scenario.CASE_HEADER + "".join(f"{row}\n" for row in rows)
        world.send("kobe_post", f"kobe_{len(world.read)}.csv", text)


def same_file_again(world: World, chance: random.Random) -> None:
    world.base.deliver("kobe_post", f"again_{len(world.read)}.csv", scenario.KOBE_SECOND)


def whole_list(world: World, chance: random.Random) -> None:
    world.swala.append(case(chance, world, f"SN{len(world.swala)}"))
    send_list(world, world.swala)


def another_column(world: World, chance: random.Random) -> None:
    name = f"Ward {len(world.read)}"
    send_list(world, [f"{row};{name if number == 0 else 'x'}" for number, row in enumerate(world.swala)])


def shrunk_list(world: World, chance: random.Random) -> None:
    send_list(world, world.swala[: chance.randrange(2, 6)])


def send_list(world: World, rows: list[str]) -> None:
    text = "".join(f"{row}\n" for row in rows)
    world.send("swala_post", f"swala_{world.settings.as_of():%Y-%m-%d}_{len(world.read)}.csv", text)


def unreadable_dates(world: World, chance: random.Random) -> None:
    """Too many for the release, too few for the extract to be held."""
    many = max(8, sum(world.read.values()) // 4)
    row = "KU{}-{};31/02/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;"
    rows = [row.format(len(world.read), number) for number in range(many)]
    send_cases(world, [one.replace("31/02", "12/05") if n % 8 == 0 else one for n, one in enumerate(rows)])


def unreadable_file(world: World, chance: random.Random) -> None:
    name = f"broken_{len(world.read)}_{chance.randrange(1000)}.csv"
    content = chance.choice([b"PK\x03\x04 cut off", b"Some;Other;Table\n1;2;3\n", b"", b"\xff\xfe\x00"])
    world.unreadable[world.base.deliver("kobe_post", name, content)] = 0


def withdrawn(world: World, chance: random.Random) -> None:
    landed = sorted(read_register(world.settings.landing, "kobe_post"))
    world.decide("extract_withdraw", partner="kobe_post", extract_id=chance.choice(landed))


def accepted(world: World, chance: random.Random) -> None:
    held = review.in_force(world.settings)["held"]
    if held and chance.random() < 0.3:
        world.done["accepted"] += 1
        one = chance.choice(held)
        world.decide("extract_accept", partner=one["partner"], extract_id=one["extract_id"])


def excluded_row(world: World, chance: random.Random) -> None:
    landed = sorted(read_register(world.settings.landing, "kobe_post"))
    world.decide("row_exclude", record=f"{chance.choice(landed)}:2")


def named_place(world: World, chance: random.Random) -> None:
    world.decide("place_alias", text="Qwertyville", place_id=chance.choice(["KE040", "KE042", "KE047"]))


def taken_back(world: World, chance: random.Random) -> None:
    kinds = ("extract_withdraw", "row_exclude", "place_alias", "check_waiver")
    decided = [
        one["id"] for kind in kinds for one in list_decisions(world.settings, kind) if "revokes" not in one
    ]
    if decided:
        revoke(world.settings, chance.choice(decided), AUTHOR, "it was another", world.settings.as_of())


def waived(world: World, chance: random.Random) -> None:
    """A steward looks at a refused release on the second night at the latest."""
    if not world.refused or (world.refused < 2 and chance.random() < 0.5):
        return
    world.done["waived"] += 1
    until = world.settings.as_of().date() + timedelta(days=10)
    for row in review.read(world.settings, review.FAILED_CHECKS):
        if row["severity"] == "refuse" and row["waived"] != "True":
            scope = "release" if row["subject"] == "release" else f"release/{row['subject']}"
            world.decide("check_waiver", check=row["check_name"], scope=scope, expires=until)


def forgotten(world: World, chance: random.Random) -> None:
    known = sorted(world.cases.keys() - world.forgotten)
    if not known:
        return
    ref = chance.choice(known)
    time = {"NJIA_AS_OF": world.settings.as_of().isoformat()}
    ran = njia("forget", "kobe_post", ref, "--yes", settings=world.settings, **time)
    if "No extract of kobe_post holds" in ran.stderr:  # its file was unreadable, or the refresh was killed
        return
    assert ran.returncode in (0, 3), ran.stderr
    world.forgotten.add(ref)


def rolled_back(world: World, chance: random.Random) -> None:
    older = [one.release_id for one in list_releases(world.settings) if not one.is_current]
    if older:
        rollback(
            world.settings, chance.choice(older[:4]), AUTHOR, "a simulated doubt", world.settings.as_of()
        )


EVENTS: dict[Callable[[World, random.Random], None], float] = {
    new_cases: 0.3,
    corrected_cases: 0.12,
    same_file_again: 0.04,
    whole_list: 0.08,
    another_column: 0.04,
    shrunk_list: 0.04,
    unreadable_file: 0.06,
    unreadable_dates: 0.03,
    withdrawn: 0.04,
    excluded_row: 0.04,
    named_place: 0.02,
    taken_back: 0.04,
    forgotten: 0.03,
    rolled_back: 0.03,
}


class Refresher:
    """A process that refreshes night after night, and is replaced after some."""

    def __init__(self) -> None:
        self.nights = NIGHTS_A_PROCESS

    def refresh(self, world: World, by_dagster: bool) -> Cost:
        if self.nights == NIGHTS_A_PROCESS:
            self.end, theirs = Pipe()
            self.process = FORKS.Process(target=_refresh_when_asked, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()
            self.nights = 0
        self.nights += 1
        try:
            self.end.send((world.settings, by_dagster))
            cost = Cost(**self.end.recv())
        except EOFError:
            cost = Cost("the process died", 0, 0, 0)
        if self.nights == NIGHTS_A_PROCESS:
            self.end.close()
            self.process.join()
        world.refused = world.refused + 1 if cost.outcome == refreshes.REFUSED else 0
        world.done[cost.outcome] += 1
        return cost


def _refresh_when_asked(asked: Connection) -> None:
    from orchestration.defs.refresh import run_refresh
    from orchestration.stewardship import messages

    def cpu() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    with suppress(EOFError):
        while True:
            settings, by_dagster = asked.recv()
            before = cpu()
            ended = run_refresh(settings) if by_dagster else steps.refresh(settings)
            messages.send_due(settings)
            is_whole = ended.outcome in refreshes.WHOLE
            asked.send(
                {
                    "outcome": ended.outcome if is_whole else f"{ended.outcome}: {ended.error}",
                    "cpu": cpu() - before,
                    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    "open_files": len(list(Path("/proc/self/fd").iterdir())),
                }
            )


def kill(world: World, chance: random.Random) -> None:
    process = FORKS.Process(target=steps.refresh, args=(world.settings,))
    process.start()
    while process.is_alive() and not refreshes.under_way(world.settings):
        time.sleep(0.05)
    process.join(chance.uniform(0, 6))
    world.done["killed" if process.is_alive() else "ended before the kill"] += 1
    process.kill()
    process.join()


def faults(world: World, is_killed: bool, outcome: str) -> Iterator[str]:
    """What does not hold now; of an interrupted night, what has to hold at any time."""
    settings = world.settings
    if outcome not in refreshes.WHOLE:
        yield f"The refresh ended with {outcome}"
    yield from _of_releases(world)
    yield from audit.read(settings).faults
    keys = load_keys(settings.keys)
    for partner in partners_with_tombstones(settings):
        for held in held_of_forgotten(settings, tombstones_of(settings, keys, partner)):
            yield f"{partner}/{held.extract_id} holds a forgotten record"
    for folder in restricted_folders(settings):
        if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            yield f"{folder} is open to others"
    if is_killed:
        return
    yield from _of_rows(world)
    yield from _left_over(settings)
    yield from _beyond_policy(settings)


def _of_releases(world: World) -> Iterator[str]:
    settings, key = world.settings, installed_public_key(world.settings.keys)
    for one in list_releases(settings):
        found = verify(one.path, key, one.path.name)
        if not found.ok:
            yield f"Release {one.release_id}: {found}"
    if current_release(settings) is None:
        return
    for year, printed in _public(settings).items():
        if world.printed.setdefault(year, printed) != printed:
            yield f"The public corridors of {year} are not those that were printed"
    if world.forgotten and not still_held(settings):
        keys = load_keys(settings.keys)
        ids = {keys.record_id("kobe_post", f"kobe_post_cases|{ref}") for ref in world.forgotten}
        for one in list_releases(settings):
            records = pq.read_table(
                lineage_of(settings, one.release_id) / "records.parquet", columns=["record_id"]
            )
            if ids & set(records["record_id"].to_pylist()):
                yield f"The lineage of {one.release_id} holds a forgotten record"


def _public(settings: Settings) -> Sums:
    with open_edition(settings, "public") as con:
        rows = con.execute("select * from published.corridors order by all").fetchall()
        at = [column[0] for column in con.description or ()].index("period_id")
    periods = {row[at] for row in rows}
    return {
        period: hashlib.sha256(repr([row for row in rows if row[at] == period]).encode()).hexdigest()
        for period in periods
    }


def _of_rows(world: World) -> Iterator[str]:
    """Rows of each landed file: as many as were sent, each with one fate."""
    for rows in rows_of_extracts(world.settings):
        if not rows.adds_up:
            yield f"{rows.partner}/{rows.extract} does not add up: {rows}"
        sent = world.read[rows.extract]
        if rows.read != sent and not (world.forgotten and rows.read < sent):
            yield f"{rows.partner}/{rows.extract}: {sent} rows were sent, {rows.read} read"


def _left_over(settings: Settings) -> Iterator[str]:
    standing = review.standing_candidate(settings)
    candidate = f".candidate-{standing['candidate']}" if standing else None
    for path in settings.home.rglob(".*"):
        is_known = path.name in (candidate, SUMS, ".lock", ".taken", ".complete", ".claimed")
        is_known |= path.parent.name in (".taken",) or "dbt" in path.parts
        if not is_known:
            yield f"{path.relative_to(settings.home)} is left over"
    if settings.spill.is_dir() and any(settings.spill.iterdir()):
        yield "work/spill is not empty"


def _beyond_policy(settings: Settings) -> Iterator[str]:
    history, runs = settings.review / "history", settings.dagster_home / "history" / "runs"
    found = {
        "refreshes": len(refreshes.history(settings)),
        "verdicts": len(list(history.glob("*Z-*.json"))),
        "changes": len(list((settings.review / "changes").glob("*.json"))),
        "receipts": max(len(list(partner.iterdir())) for partner in settings.receipts.iterdir()),
        "messages": len(list(settings.notices.glob("*.txt"))),
        "runs": len(list(runs.glob("*.db"))) - 1,
    }
    # Trimmed a tenth at a time; a run with the last result of an asset, and the standing candidate, stay.
    for kind, number in found.items():
        if number > kept(kind) * 1.1 + 3:
            yield f"{number} {kind}, {kept(kind)} by the policy"
    if len(list_releases(settings)) > kept("releases") + 2 * kept("rollbacks"):
        yield f"{len(list_releases(settings))} releases"


def measured(world: World, night: int, costs: list[Cost]) -> str:
    home = world.settings.home
    files = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    size = Counter[str]()
    for path in files:
        size[path.relative_to(home).parts[0]] += path.stat().st_size
    last = refreshes.last(world.settings)
    return _row(
        night,
        last.movements if last else 0,
        f"{mean(cost.cpu for cost in costs):.1f}",
        f"{max(cost.peak_mb for cost in costs):.0f}",
        max(cost.open_files for cost in costs),
        len(files),
        *(f"{size[part] / 1e6:.1f}" for part in PARTS),
        f"{sum(size.values()) / 1e6:.0f}",
    )


def _row(*cells: Any) -> str:
    return " ".join(f"{cell:>9}" for cell in cells)


if __name__ == "__main__":
    main()
