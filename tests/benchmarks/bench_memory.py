"""Peak memory and time of taking in and typing one big extract, a fresh process for each step.

    .venv/bin/python -m tests.benchmarks.bench_memory
    .venv/bin/python -m tests.benchmarks.bench_memory --kinds csv --rows 10000 1000000

Prints a line a file: rows, then seconds (of the clock, of the processor) and peak MB of `take_in` and of
`type_extracts`. The MB should stay nearly flat as rows grow. The files are made up: a route sheet as CSV, and a workbook in the manner
of KoboToolbox with two legs a case on a sheet of their own. pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PARTNER = "swala"
LEGS = 2
PLACES = ["Busia", "Malaba", "Garissa", "Mandera", "Moyale", "Nakuru", "Eldoret", "Isiolo", "Wajir", "Thika"]
SHARED: dict[str, Any] = {
    "version": 1,
    "partner": {"code": PARTNER, "steward": "data@swala.example"},
    "agreement": {"id": "A", "valid_from": "2019-01-01", "valid_to": "2035-01-01", "finest_place": "town"},
    "locale": {"dates": "ymd", "languages": ["en"], "default_country": "KEN"},
}
CONTRACTS: dict[str, dict[str, Any]] = {
    "csv": SHARED
    | {
        "contract": "routes",
        "grain": "route_report",
        "delivery": {"mode": "full", "cadence": "yearly", "key": "Ref"},
        "format": {"kind": "csv"},
        "fields": {
            "event_on": "Date",
            "person_count": {"column": "Cases", "maximum": 500},
            "place(origin).place_text": "From",
            "place(transit).list": {"column": "Through", "split": [">"]},
            "place(intended_destination).place_text": "To",
            "transport_mode": "How",
            "exploitation_type": "Type",
        },
    },
    "xlsx": SHARED
    | {
        "contract": "cases",
        "grain": "case",
        "consent": {"column": "consent", "values": {"yes": "given"}},
        "delivery": {"mode": "full", "cadence": "monthly", "key": "_uuid", "newest_by": "_submission_time"},
        "format": {"kind": "xlsx", "sheet": 0, "repeats": {"legs": {"parent": "_submission__uuid"}}},
        "fields": {
            "event_on": "left_on",
            "submitted_at": "_submission_time",
            "sex": "sex",
            "age_band": {"column": "age", "from": "age_text"},
            "nationality": "nationality",
            "exploitation_type": "exploitation",
            "place(origin).place_text": "origin",
            "place(exploitation).place_text": "where",
            "place(transit).place_text": "legs/place",
            "place(transit).transport_mode": {"column": "legs/mode", "select_multiple": "joined"},
        },
    },
}


def _routes(rows: int, dice: random.Random) -> Iterator[list[object]]:
    yield ["Ref", "Date", "Cases", "From", "Through", "To", "How", "Type"]
    for at in range(rows):
        first, second, third = dice.choices(PLACES, k=3)
        many = f"{dice.randint(1, 40)}-{dice.randint(41, 90)}"
        how, kind = dice.choice(["bus", "on foot", "matatu, bus"]), dice.choice(["forced labour", "sexual"])
        yield [f"R{at:07}", _day(dice), many, first, f"{second} > {third}", "Nairobi", how, kind]


def _cases(rows: int, dice: random.Random) -> Iterator[list[object]]:
    yield [
        *("_uuid", "_submission_time", "consent", "left_on", "sex", "age", "nationality", "exploitation"),
        *("origin", "where"),
    ]
    for at in range(rows):
        # One case in fifty was sent again later, with the same legs or others.
        number = at - 1 if at % 50 == 49 else at
        sent = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=97 * at)
        what = dice.choice(["forced labour", "domestic servitude", "begging"])
        yield [
            *(
                _uuid(number),
                sent.isoformat(),
                "yes",
                _day(dice),
                dice.choice("FM"),
                str(dice.randint(9, 60)),
            ),
            *(dice.choice(["Kenyan", "Ugandan"]), what, dice.choice(PLACES), "Nairobi"),
        ]


def _legs(rows: int, dice: random.Random) -> Iterator[list[object]]:
    yield ["_submission__uuid", "place", "mode"]
    for at in range(rows * LEGS):
        yield [_uuid(at // LEGS), dice.choice(PLACES), dice.choice(["bus", "foot", "lorry"])]


def _uuid(number: int) -> str:
    return f"uuid:{number:08x}-0000-4000-8000-{number * 7919 % 10**12:012}"


def _day(dice: random.Random) -> str:
    return f"2024-{dice.randint(1, 9):02}-{dice.randint(1, 28):02}"


def write(kind: str, rows: int, path: Path) -> None:
    dice = random.Random(7)  # noqa: S311
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_routes(rows, dice))
        return
    import openpyxl

    workbook = openpyxl.Workbook(write_only=True)
    for name, lines in {"cases": _cases(rows, dice), "legs": _legs(rows, dice)}.items():
        sheet = workbook.create_sheet(name)
        for line in lines:
            sheet.append(line)
    workbook.save(path)


def run_step(step: str, kind: str, rows: int, folder: Path) -> None:
    """What the process of one step does; prints both seconds and peak MB."""
    import pyrage

    from orchestration.extracts import Contract, Contracts, take_in, type_extracts
    from orchestration.extracts.claim import mark_complete
    from orchestration.keys import Keys
    from orchestration.settings import Settings

    settings = Settings(folder / "home", folder / "partners", folder / "keys")
    keys = Keys(b"k" * 32, (folder / "recipient").read_text() if step != "write" else "")
    start = time.monotonic()
    if step == "write":
        inbox = settings.inbox / PARTNER
        inbox.mkdir(parents=True)
        write(kind, rows, inbox / f"extract.{kind}")
        mark_complete(inbox / f"extract.{kind}")
        partner = settings.partners / PARTNER
        partner.mkdir(parents=True)
        (partner / "contract.yml").write_text(Contract.model_validate(CONTRACTS[kind]).model_dump_json())
        (folder / "recipient").write_text(str(pyrage.x25519.Identity.generate().to_public()))
    elif step == "take_in":
        [taken] = take_in(settings, keys, datetime(2025, 1, 1, tzinfo=UTC))
        assert taken.outcome == "landed", taken
    else:
        typed = type_extracts(settings, keys, contracts=Contracts())
        assert typed.retyped == 1, typed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    print(f"{time.monotonic() - start:.1f} {time.process_time():.1f} {peak:.0f}")


def measure(kind: str, rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="njia-memory-") as folder:
        shown = f"{kind:<5} {rows:>9,} rows"
        for step in ("write", "take_in", "type"):
            command = [sys.executable, "-m", __spec__.name, "--step", step, "--kinds", kind]
            command += ["--rows", str(rows), "--folder", folder]
            ran = subprocess.run(command, check=True, capture_output=True, text=True)
            clock, processor, peak = ran.stdout.split()
            if step != "write":
                shown += f"   {step} {clock:>6} s, {processor:>6} s, {peak:>5} MB"
        print(shown, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=CONTRACTS, default=list(CONTRACTS))
    parser.add_argument("--rows", nargs="+", type=int, default=[10_000, 50_000, 200_000])
    parser.add_argument("--step", choices=["write", "take_in", "type"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        run_step(asked.step, asked.kinds[0], asked.rows[0], asked.folder)
        return
    for kind in asked.kinds:
        for rows in asked.rows:
            measure(kind, rows)


if __name__ == "__main__":
    main()
