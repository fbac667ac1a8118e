"""What the extract gate holds: damage planted in sample extracts, one kind at a time, and harmless changes.

    .venv/bin/python -m tests.benchmarks.bench_gate
    .venv/bin/python -m tests.benchmarks.bench_gate --only "places coarsened" --show

Each change is planted in every sample that has the column, under a partner code of its own, whose good extracts came
before. The two tables in docs/gates.md are its output. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.core import Settings, create_missing_keys, prepare_home
from orchestration.gates import ExtractFate, landed_extracts, read_fates
from tests import steps
from tests.benchmarks import planted_changes
from tests.benchmarks.planted_changes import CAUSES, DAMAGE, HARMLESS, SAMPLES, Change, Sample

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "partners"
AS_OF = datetime(2026, 11, 24, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A change planted in a sample, sent under a partner code of its own."""

    change: str
    sample: Sample
    code: str


def plant(home: Path, changes: dict[str, Change], only: str, seed: str) -> Iterator[Case]:
    for name, change in changes.items():
        for sample in SAMPLES if only in name else ():
            code = f"fixture_{len(list((home / 'inbox').glob('*'))):03d}"
            if case := _plant(home, name, change, sample, code, seed):
                yield case


def _plant(home: Path, name: str, change: Change, sample: Sample, code: str, seed: str) -> Case | None:
    table = planted_changes.read(sample, SEEDS, f"{seed} {name} {sample.partner}")
    try:
        changed = change(table)
    except KeyError:  # the sample has no such column
        return None
    if changed is None:
        return None
    contract = (SEEDS / sample.partner / "contract.yml").read_text(encoding="utf-8")
    lines = [line for line in contract.splitlines() if not line.startswith("submission_id:")]
    text = "\n".join(lines).replace(f"code: {sample.partner},", f"code: {code},")
    folder = home / "partners" / code
    folder.mkdir(parents=True)
    (folder / "contract.yml").write_text(
        text.replace(f"contract: {sample.partner}", f"contract: {code}"), encoding="utf-8"
    )
    inbox = home / "inbox" / code / ".complete"
    inbox.mkdir(parents=True)
    *earlier, last = sample.deliveries
    for delivery in earlier:
        shutil.copy(SEEDS / sample.partner / "extracts" / delivery, inbox / delivery)
    if table.before:
        last = f"b-last{Path(last).suffix}"
        planted_changes.write(planted_changes.first_delivery(table), inbox / f"a-first{Path(last).suffix}")
    planted_changes.write(changed, inbox / last)
    return Case(name, sample, code)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="part of the name of a change")
    parser.add_argument("--seed", default="one")
    parser.add_argument("--show", action="store_true", help="print what the gate found in each case")
    parser.add_argument(
        "--keep", action="store_true", help="keep the home, in the folder for temporary files"
    )
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="njia-bench-gate-"))
    try:
        kinds = {
            kind: list(plant(home, changes, asked.only, asked.seed))
            for kind, changes in (("Damage", DAMAGE), ("Harmless change", HARMLESS))
        }
        settings = Settings(home, home / "partners", home / "keys", AS_OF)
        prepare_home(settings)
        create_missing_keys(settings)
        steps.do(settings, steps.settle_inbox)
        landed = list(_landed(settings))
        waiting = {
            path.parent.parent.name for path in (home / "inbox").glob("*/.complete/*") if path.is_file()
        }
        waiting |= {path.parent.name for path in (home / "inbox").glob("*/*") if path.is_file()}
        newest = {code: fate for code, is_newest, fate in landed if is_newest and code not in waiting}
        for kind, cases in kinds.items():
            _print_table(kind, cases, newest, asked.show)
        _print_names(kinds["Damage"], newest, asked.show)
        early = sum(fate.fate == "held" and newest.get(code) is not fate for code, _, fate in landed)
        print(f"\nHeld before the change was sent: {early}")
    finally:
        if not asked.keep:
            shutil.rmtree(home)


def _landed(settings: Settings) -> Iterator[tuple[str, bool, ExtractFate]]:
    """Partner, whether it is its newest extract, and the fate of each."""
    fates = read_fates(settings)
    newest = {landed.partner: landed.sequence for landed in landed_extracts(settings)}
    for landed in landed_extracts(settings):
        yield landed.partner, landed.sequence == newest[landed.partner], fates[landed.key]


def _print_names(cases: list[Case], newest: dict[str, ExtractFate], show: bool) -> None:
    print("\n| Damage that is held | right | none known | wrong |\n|---|---|---|---|")
    held = [
        (case, fate.cause_key) for case in cases if (fate := newest.get(case.code)) and fate.fate == "held"
    ]
    sums = Counter[str]()
    for change in dict.fromkeys(case.change for case, _ in held):
        named = [(case, key) for case, key in held if case.change == change]
        counts = Counter(
            "right" if key in CAUSES.get(change, ()) else "wrong" if key else "none" for _, key in named
        )
        sums += counts
        print(f"| {change} | {counts['right']} | {counts['none']} | {counts['wrong']} |")
        for case, key in named if show else ():
            print(f"    {case.sample.partner}: {key}")
    print(f"| all | {sums['right']} | {sums['none']} | {sums['wrong']} |")


def _print_table(kind: str, cases: list[Case], newest: dict[str, ExtractFate], show: bool) -> None:
    def outcome(case: Case) -> str:
        fate = newest.get(case.code)
        return (
            "not taken" if fate is None else f"{fate.reason}: {fate.finding}" if fate.fate == "held" else ""
        )

    held = {case.code: outcome(case) for case in cases}
    print(f"\n| {kind} | held |\n|---|---|")
    for change in dict.fromkeys(case.change for case in cases):
        of_change = [case for case in cases if case.change == change]
        print(f"| {change} | {sum(bool(held[case.code]) for case in of_change)} of {len(of_change)} |")
        for case in of_change if show else ():
            print(f"    {case.sample.partner}: {held[case.code] or 'in force'}")
    print(f"| all | {sum(bool(reason) for reason in held.values())} of {len(cases)} |")


if __name__ == "__main__":
    main()
