"""Tables built by increments equal tables built from nothing: new, replaced, withdrawn, held and forgotten extracts
in random order.

Carried years are inputs: the rebuild reads them from the same releases.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.core import load_keys
from orchestration.intake import read_register
from orchestration.operations import forget
from orchestration.stewardship import record_decision
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, copy_of

STEPS = 5
CASE = "{ref};{day:02}/05/2025;F;28;{origin};Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"


def new_extract(base: EvidenceBase, chance: random.Random) -> None:
    rows = [
        CASE.format(ref=f"K{chance.randrange(10, 99)}", day=chance.randrange(1, 28), origin=origin)
        for origin in chance.sample(["Busia", "Kisumu", "Moyale", "Mombasa"], 2)
    ]
    base.deliver(
        "kobe_post", f"kobe_{chance.randrange(10, 10_000)}.csv", scenario.CASE_HEADER + "".join(rows)
    )


def replaced_extract(base: EvidenceBase, chance: random.Random) -> None:
    """The full list again, with other ages."""
    age = f";{chance.randrange(25, 60)};"
    base.deliver(
        "swala_post", f"swala_2026-0{chance.randrange(3, 9)}.csv", scenario.SWALA.replace(";24;", age)
    )


def held_extract(base: EvidenceBase, chance: random.Random) -> None:
    lines = scenario.SWALA.splitlines(keepends=True)
    base.deliver("swala_post", "swala_2026-09.csv", "".join(lines[: chance.randrange(3, 5)]))


def withdrawn_extract(base: EvidenceBase, chance: random.Random) -> None:
    landed = sorted(read_register(base.settings.landing, "kobe_post"))
    record_decision(
        base.settings, "extract_withdraw", "data steward", "sent by mistake", base.settings.as_of(),
        partner="kobe_post", extract_id=chance.choice(landed),
    )  # fmt: skip


def forgotten_record(base: EvidenceBase, chance: random.Random) -> None:
    settings = base.settings
    keys = load_keys(settings)
    reference = chance.choice(["S2", "S3", "S4"])
    records = forget.records_called(settings, keys, "swala_post", reference)
    asked = forget.with_copies(settings, "swala_post", records)
    forget.erase(settings, keys, asked, None, settings.as_of(), "os:fixture")


CHANGES: list[Callable[[EvidenceBase, random.Random], None]] = [
    new_extract, replaced_extract, held_extract, withdrawn_extract, forgotten_record,
]  # fmt: skip


def rebuilt(base: EvidenceBase, folder: Path) -> str:
    """The content hash of the candidate that a copy without its work folder stages."""
    again = copy_of(base, folder).at(base.settings.as_of())
    shutil.rmtree(again.settings.work)
    return steps.candidate(again.settings)


@pytest.mark.parametrize("seed", [1])
def test_incremental_builds_equal_a_rebuild(published_world: EvidenceBase, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    base = copy_of(published_world, tmp_path / "grown")
    order = chance.sample(CHANGES, STEPS)
    for number, change in enumerate(order, start=1):
        base = base.at(scenario.AS_OF + timedelta(hours=number))
        change(base, chance)
        if number in (1, 3):  # then two changes at once
            steps.build_marts(base.settings)
    grown = steps.candidate(base.settings)
    assert grown == rebuilt(base, tmp_path / "rebuilt"), [one.__name__ for one in order]
