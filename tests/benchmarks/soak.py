"""Nights on end on the tiny world: what has to hold after each, and what they cost.

    python -m tests.benchmarks.soak --nights 200 --seed 1 --folder /tmp/soak

Each night is a day later. Chance, by seed and night, sends new files, corrections, shrunk lists, files with another
column and unreadable ones; it withdraws and accepts extracts, excludes rows, waives what refused a release, forgets
records, rolls back, and kills refreshes; first of all each event once, one a night in an order by seed. Nights with
news do the steps alone (`tests/steps.py`), twenty in one process; quiet nights and each tenth run Dagster's job, as the
command does. Each tenth night checks the whole home, each fiftieth restores a backup elsewhere. The first fault ends
it, with night and seed. CPU is the mean of a night since the line before; memory and open files are the most of a
process of twenty.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import shutil
import signal
import stat
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import mean
from typing import Any, NoReturn

import pyarrow.parquet as pq

from orchestration.core import (
    NjiaError,
    Settings,
    installed_public_key,
    load_keys,
    number_kept,
    partners_with_tombstones,
    refreshes,
    tombstones_of,
)
from orchestration.core.disk import restricted_folders
from orchestration.core.sums import SUMS
from orchestration.intake import held_of_forgotten, read_register
from orchestration.operations import check_files
from orchestration.outputs.quality_report import rows_of_extracts
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
from tests.evidence_base import EvidenceBase, new_evidence_base

BY_DAGSTER_EACH, CHECKED_EACH, ROW_EACH, RESTORED_EACH, NIGHTS_A_PROCESS = 10, 10, 25, 50, 20
STEPS = 15  # of `tests/steps.py`
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


class NotNow(NjiaError):
    """Nothing is there that the event could befall."""


@dataclass
class World:
    """What was sent so far. `read`: rows of each file by extract id; `printed`: sums of public years.

    `left`: content of releases that rollbacks left; `waived`, `accepted`: what was decided since the last refresh.
    """

    base: EvidenceBase
    cases: dict[str, str] = field(default_factory=dict)
    swala: list[str] = field(default_factory=scenario.SWALA.splitlines)
    read: dict[str, int] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    unreadable: dict[Path, int] = field(default_factory=dict)
    printed: Sums = field(default_factory=dict)
    left: Sums = field(default_factory=dict)
    waived: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def settings(self) -> Settings:
        return self.base.settings

    def send(self, partner: str, name: str, text: str) -> None:
        self.base.deliver(partner, name, text)
        self.read[hashlib.sha256(text.encode()).hexdigest()[:16]] = text.count("\n") - 1

    def decide(self, kind: str, **given: Any) -> None:
        record_decision(self.settings, kind, AUTHOR, "a simulated night", self.settings.as_of(), **given)


Event = Callable[[World, random.Random], None]


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
    order = random.Random(seed).sample(list(EVENTS), len(EVENTS))  # noqa: S311
    costs: list[Cost] = []
    refresher = Refresher()
    print(_row("night", "movements", "CPU s", "peak MB", "open", "files", *PARTS, "MB"))
    for night in range(nights):
        chance = random.Random(f"{seed}/{night}")  # noqa: S311
        world.base = world.base.at(scenario.AS_OF + timedelta(days=night))
        has_news = night == 0 or live(world, chance, busy, order)
        is_killed = night > 0 and (chance.random() < 0.06 * busy or (has_news and not world.done["killed"]))
        if is_killed:
            kill(world, chance)
        else:
            costs.append(refresher.refresh(world, not has_news or night % BY_DAGSTER_EACH == 0))
        found = list(faults(world, is_killed, costs[-1].outcome))
        if night % CHECKED_EACH == 0:
            found += [str(fault) for fault in check_files(world.settings).faults]
        if night % RESTORED_EACH == RESTORED_EACH - 1:
            found += of_restore(world, folder)
        if found:
            print(f"seed {seed}, night {night}, {dict(world.done)}:", *found, sep="\n  ", flush=True)
            return 1
        if night % ROW_EACH == 0 or night == nights - 1:
            print(measured(world, night, costs[-ROW_EACH:]), dict(world.done), sep="\n  ", flush=True)
    never = [event.__name__ for event in order if not world.done[event.__name__]]
    print(f"{nights} nights, seed {seed}: {dict(world.done)}; never: {never}; no fault.")
    return 0


def live(world: World, chance: random.Random, busy: float, order: list[Event]) -> bool:
    """What happens in a day: events by chance, and the first in order that never did yet; whether any did."""
    by_chance = [event for event, likely in EVENTS.items() if chance.random() < likely * busy]
    did = [event for event in by_chance if happens(world, chance, event)]
    any_did = bool(did) | any(
        happens(world, chance, event) for event in order if not world.done[event.__name__]
    )
    for path in [path for path, since in world.unreadable.items() if since >= UNREADABLE_FOR]:
        path.unlink(missing_ok=True)
        del world.unreadable[path]
    world.unreadable = {path: since + 1 for path, since in world.unreadable.items()}
    return any_did


def happens(world: World, chance: random.Random, event: Event) -> bool:
    try:
        event(world, chance)
    except NjiaError as why:  # a steward is told why not, and leaves it
        world.done[event.__name__ + (": nothing to do" if isinstance(why, NotNow) else ": refused")] += 1
        return False
    world.done[event.__name__] += 1
    return True


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
    again = chance.sample(known_cases(world), min(len(known_cases(world)), 2))
    world.cases |= {ref: case(chance, world, ref) for ref in again}
    send_cases(world, [world.cases[ref] for ref in again])


def known_cases(world: World) -> list[str]:
    return sorted(world.cases.keys() - world.forgotten) or not_now("no case was sent")


def send_cases(world: World, rows: list[str]) -> None:
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
    one = chance.choice(review.in_force(world.settings)["held"] or not_now("no extract is held"))
    world.decide("extract_accept", partner=one["partner"], extract_id=one["extract_id"])
    world.accepted.add(one["extract_id"])


def excluded_row(world: World, chance: random.Random) -> None:
    landed = sorted(read_register(world.settings.landing, "kobe_post"))
    world.decide("row_exclude", record=f"{chance.choice(landed)}:2")


def named_place(world: World, chance: random.Random) -> None:
    world.decide("place_alias", text="Qwertyville", place_id=chance.choice(["KE040", "KE042", "KE047"]))


def taken_back(world: World, chance: random.Random) -> None:
    kinds = ("extract_withdraw", "row_exclude", "place_alias", "check_waiver")
    listed = [one for kind in kinds for one in list_decisions(world.settings, kind)]
    decided = [one["id"] for one in listed if not (one["revokes"] or one["revoked_by"])]
    one = chance.choice(decided or not_now("nothing was decided"))
    revoke(world.settings, one, AUTHOR, "it was another", world.settings.as_of())


def waived(world: World, chance: random.Random) -> None:
    until = world.settings.as_of().date() + timedelta(days=10)
    refused = refreshes.last_whole(world.settings) or {}
    if refused.get("outcome") != refreshes.REFUSED:
        not_now("the last release was not refused")
    for row in review.read(world.settings, review.FAILED_CHECKS):
        if row["severity"] == "refuse" and row["waived"] != "True":
            scope = "release" if row["subject"] == "release" else f"release/{row['subject']}"
            world.decide("check_waiver", check=row["check_name"], scope=scope, expires=until)
            world.waived.add(row["check_name"])


def forgotten(world: World, chance: random.Random) -> None:
    ref = chance.choice(known_cases(world))
    time = {"NJIA_AS_OF": world.settings.as_of().isoformat()}
    ran = njia("forget", "kobe_post", ref, "--yes", settings=world.settings, **time)
    if "No extract of kobe_post holds" in ran.stderr:
        not_now("its file was unreadable, or the refresh was killed")
    assert ran.returncode in (0, 3), ran.stderr
    world.forgotten.add(ref)


def rolled_back(world: World, chance: random.Random) -> None:
    older = [one.release_id for one in list_releases(world.settings) if not one.is_current]
    before, now = current_release(world.settings), world.settings.as_of()
    to = chance.choice(older[:4] or not_now("there is one release"))
    after = rollback(world.settings, to, AUTHOR, "a simulated doubt", now)
    assert before
    world.left[before.release_id] = before.manifest["content_hash"]
    world.left.pop(after.release_id, None)


def not_now(why: str) -> NoReturn:
    raise NotNow(why)


EVENTS: dict[Event, float] = {
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
    rolled_back: 0.06,
    accepted: 0.1,
    waived: 0.5,
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
    at, after = chance.randrange(STEPS), chance.uniform(0, 0.5)
    process = FORKS.Process(target=_killed_at, args=(world.settings, at, after))
    process.start()
    process.join()
    world.done["killed" if process.exitcode == -signal.SIGKILL else "ended before the kill"] += 1


def _killed_at(settings: Settings, at: int, after: float) -> None:
    begun: list[str] = []

    def on_step(name: str) -> None:
        if len(begun) == at:
            threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
        begun.append(name)

    steps.refresh(settings, on_step)
    os._exit(0)


def faults(world: World, is_killed: bool, outcome: str) -> Iterator[str]:
    """What does not hold now; of an interrupted night, what has to hold at any time."""
    settings = world.settings
    if outcome not in refreshes.WHOLE:
        yield f"The refresh ended with {outcome}"
    yield from _of_releases(world)
    yield from audit.read(settings).faults
    keys = load_keys(settings)
    for partner in partners_with_tombstones(settings):
        for held in held_of_forgotten(settings, tombstones_of(settings, keys, partner)):
            yield f"{partner}/{held.extract_id} holds a forgotten record"
    for folder in restricted_folders(settings):
        if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            yield f"{folder} is open to others"
    if is_killed:
        return
    yield from _of_decisions(world, outcome)
    yield from _of_rows(world)
    yield from _left_over(settings)
    yield from _beyond_policy(settings)


def _of_releases(world: World) -> Iterator[str]:
    settings, key = world.settings, installed_public_key(world.settings)
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
        keys = load_keys(settings)
        ids = {keys.record_id("kobe_post", f"kobe_post_cases|{ref}") for ref in world.forgotten}
        for one in list_releases(settings):
            records = pq.read_table(
                lineage_of(settings, one.release_id) / "records.parquet", columns=["record_id"]
            )
            if ids & set(records["record_id"].to_pylist()):
                yield f"The lineage of {one.release_id} holds a forgotten record"


def _of_decisions(world: World, outcome: str) -> Iterator[str]:
    """A waiver lets through, an accepted extract is not held, and what a rollback left stays left."""
    last, current = refreshes.last(world.settings), current_release(world.settings)
    assert last
    if outcome == refreshes.REFUSED and world.waived & set(last.refused_by):
        yield f"Refused by {last.refused_by} in spite of waivers of {world.waived}"
    for one in last.held:
        if one["extract_id"] in world.accepted:
            yield f"{one} was accepted and is held"
    if outcome == refreshes.PUBLISHED and current:
        kept_ids = {one.release_id for one in list_releases(world.settings)}
        if current.manifest["content_hash"] in {world.left[one] for one in kept_ids & world.left.keys()}:
            yield f"{current.release_id} holds what a rollback left"
    if current and current.release_id in world.left:
        yield f"{current.release_id} was left by a rollback, and is current"
    world.waived.clear()
    world.accepted.clear()


def of_restore(world: World, folder: Path) -> list[str]:
    """What a backup lacks or an empty home does not get back from it, but for files of the inbox."""
    settings, backup, password = world.settings, folder / "backup", folder / "password"
    elsewhere = replace(settings, home=folder / "restored")
    password.write_text("a long password of the benchmark")
    password.chmod(0o600)
    own = {"NJIA_BACKUP_PASSWORD_FILE": str(password)}
    ran = [
        njia("backup", backup, settings=settings, **own),
        njia("restore", backup, elsewhere.home, settings=settings, **own),
    ]
    found = [f"{one.args}: {one.stdout}{one.stderr}" for one in ran if one.returncode]
    found += [str(fault) for fault in check_files(elsewhere).faults]
    were, are = ([one.release_id for one in list_releases(home)] for home in (settings, elsewhere))
    if were != are or elsewhere.current.readlink() != settings.current.readlink():
        found.append(f"Releases {were}, restored {are}")
    world.done["restored"] += 1
    shutil.rmtree(elsewhere.home)
    return found


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
        if number > number_kept(kind) * 1.1 + 3:
            yield f"{number} {kind}, {number_kept(kind)} by the policy"
    if len(list_releases(settings)) > number_kept("releases") + 2 * number_kept("rollbacks"):
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
