"""What the extract gate holds: damage planted in sample extracts, one kind at a time, and harmless changes.

    .venv/bin/python -m tests.benchmarks.bench_gate
    .venv/bin/python -m tests.benchmarks.bench_gate --only "places coarsened" --show

Each change is planted in every sample that has the column. Its partner sent good extracts before; the changed one comes
last. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.core import Settings, create_missing_keys, prepare_home
from orchestration.gates import read_verdicts
from tests import steps
from tests.benchmarks import planted_changes
from tests.benchmarks.planted_changes import DAMAGE, HARMLESS, SAMPLES, Change, Sample

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "partners"
AS_OF = datetime(2026, 11, 24, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A change planted in a sample, sent under a partner code of its own."""

    kind: str
    change: str
    sample: Sample
    code: str
    last_name: str


def plant(home: Path, only: str, seed: str) -> Iterator[Case]:
    number = 0
    for kind, changes in (("damage", DAMAGE), ("harmless", HARMLESS)):
        for name, change in changes.items():
            if only not in name:
                continue
            for sample in SAMPLES:
                number += 1
                if case := _plant(home, kind, name, change, sample, f"fixture_{number:03d}", seed):
                    yield case


def _plant(
    home: Path, kind: str, name: str, change: Change, sample: Sample, code: str, seed: str
) -> Case | None:
    table = planted_changes.read(sample, SEEDS, f"{seed} {name} {sample.partner}")
    try:
        changed = change(table)
    except KeyError:  # the sample has no such column
        return None
    if changed is None:
        return None
    contract = (SEEDS / sample.partner / "contract.yml").read_text(encoding="utf-8")
    lines = [line for line in contract.splitlines() if not line.startswith("submission_id:")]
    folder = home / "partners" / code
    folder.mkdir(parents=True)
    text = "\n".join(lines).replace(f"code: {sample.partner},", f"code: {code},")
    (folder / "contract.yml").write_text(
        text.replace(f"contract: {sample.partner}", f"contract: {code}"), encoding="utf-8"
    )
    inbox = home / "inbox" / code / ".complete"
    inbox.mkdir(parents=True)
    for delivery in sample.deliveries[:-1]:
        shutil.copy(SEEDS / sample.partner / "extracts" / delivery, inbox / delivery)
    if table.before:
        planted_changes.write(
            planted_changes.first_delivery(table), inbox / f"a-first{Path(sample.deliveries[-1]).suffix}"
        )
    last = sample.deliveries[-1] if not table.before else f"b-last{Path(sample.deliveries[-1]).suffix}"
    planted_changes.write(changed, inbox / last)
    return Case(kind, name, sample, code, last)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="part of the name of a change")
    parser.add_argument("--seed", default="one")
    parser.add_argument("--show", action="store_true", help="print the checks that held each case")
    parser.add_argument("--keep", type=Path, help="make the home here and keep it")
    asked = parser.parse_args()
    home = asked.keep or Path(tempfile.mkdtemp(prefix="njia-bench-gate-"))
    cases = list(plant(home, asked.only, asked.seed))
    settings = Settings(home, home / "partners", home / "keys", AS_OF)
    prepare_home(settings)
    create_missing_keys(settings.keys, settings.landing, settings.link_codes, settings.releases)
    steps.do(settings, steps.settle_inbox)
    print_results(settings, cases, asked.show)
    if not asked.keep:
        shutil.rmtree(home)


def print_results(settings: Settings, cases: list[Case], show: bool) -> None:
    import json

    names = {}
    for path in settings.landing.glob("*/[!.]*.json"):
        note = json.loads(path.read_text())
        names[path.parent.name, path.stem] = note["file"]
    holding: dict[tuple[str, str], list[str]] = {}
    for verdict in read_verdicts(settings).verdicts:
        if verdict.holds:
            at = names[verdict.partner, verdict.extract_id]
            holding.setdefault((verdict.partner, at), []).append(
                f"{verdict.check_name} {verdict.observed} {verdict.finding}"
            )
    landed = set(names.items())
    for kind in ("damage", "harmless"):
        print(f"\n| {kind} | held |\n|---|---|")
        total = held_total = 0
        for change in dict.fromkeys(case.change for case in cases if case.kind == kind):
            of_change = [case for case in cases if case.change == change and case.kind == kind]
            held = [
                case
                for case in of_change
                if (case.code, case.last_name) in holding
                or ((case.code, case.last_name) not in {(k[0], n) for k, n in landed})
            ]
            total, held_total = total + len(of_change), held_total + len(held)
            missed = [case.sample.partner for case in of_change if case not in held]
            print(
                f"| {change} | {len(held)} of {len(of_change)} | {', '.join(missed) if kind == 'damage' else ', '.join(c.sample.partner for c in held)}"
            )
            if show:
                for case in of_change:
                    for line in holding.get((case.code, case.last_name), []):
                        print(f"      {case.sample.partner}: {line}")
        print(f"| all | {held_total} of {total} |")
    first = [key for key in holding if not any((c.code, c.last_name) == key for c in cases)]
    print(
        "held that should not be (earlier deliveries):",
        len(first),
        [(k, holding[k]) for k in first[:3]],
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
