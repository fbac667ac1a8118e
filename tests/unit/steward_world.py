"""A home as a refresh leaves it, written by hand: typed records, review lists, and how the refresh ended.

One partner, two extracts: the first in force (records 1 to 6), the second held (records 7 to 9).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contracts import Contracts, load_contracts, with_changes
from orchestration.core import (
    Keys,
    Settings,
    adopt_home,
    new_stewards_pair,
    refreshes,
    shown_record,
    write_texts,
)
from orchestration.places import name_token
from orchestration.stewardship import active_decisions, review
from orchestration.stewardship.worklists.listing import OpenItem, open_items, write_open_items
from orchestration.typing.tables import MENTIONS
from tests import scenario

KEYS = Keys(b"k" * 32, new_stewards_pair()[1], b"l" * 32, b"n" * 32)
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
PARTNER, CONTRACT = "swala_post", "swala_post_register"
SERVING, HELD = "0123456789abcdef", "fedcba9876543210"
OPEN_NAME, COUNTRYLESS, HIDDEN = 101, 102, 103
RESOLVED = 104
QUARTER = (date(2025, 1, 1), date(2025, 1, 31))
REFUSING = {
    "stage": "release_gate", "check_name": "movements_are_plausible", "severity": "refuse", "outcome": "failed",
    "observed": "0.4", "expected": "0.5 to 2", "waived": "False", "why": "A fall is most often a mistake.",
    "steward_action": "Ask what changed.",
}  # fmt: skip
HOLDING = {
    "stage": "extract_gate", "partner": PARTNER, "extract_id": HELD, "check_name": "row_volume_is_plausible",
    "severity": "hold", "outcome": "failed", "observed": "0.1", "expected": "0.5 to 2", "waived": "False",
    "why": "A tenth of the rows is most often a filter left on.", "steward_action": "Ask the partner.",
}  # fmt: skip


def make_home(folder: Path) -> Settings:
    """Nothing waits in it yet but what the typed records and the held extract say."""
    partner = folder / "partners" / PARTNER
    partner.mkdir(parents=True)
    (partner / "contract.yml").write_text(scenario.PARTNERS[PARTNER])
    settings = Settings(folder / "home", folder / "partners", folder / "home" / "keys", NOW)
    adopt_home(settings)
    for sequence, extract_id in enumerate((SERVING, HELD), start=1):
        note = settings.landing / PARTNER / f"{extract_id}.json"
        note.parent.mkdir(parents=True, exist_ok=True)
        told = {"partner": PARTNER, "contract": CONTRACT, "extract_id": extract_id, "sequence": sequence,
                "received_on": "2026-01-01", "refusals": [],
                "contract_content": {"delivery": {"cadence": "monthly"}}}  # fmt: skip
        note.write_text(json.dumps(told))
    write_keys(settings)
    write_typed(settings)
    return settings


def write_keys(settings: Settings) -> None:
    settings.keys.mkdir(parents=True)
    texts = {"record.key": "6b" * 32, "link.key": "6c" * 32, "noise.key": "6e" * 32}
    for name, text in {**texts, "stewards.age.pub": KEYS.stewards_recipient}.items():
        path = settings.keys / name
        path.write_text(text)
        path.chmod(0o600)


def write_mentions(settings: Settings, *rows: dict[str, Any]) -> None:
    """Write typed mentions, encrypted; columns that a row leaves out are empty."""
    empty = dict.fromkeys(MENTIONS.names, "") | {"extract_id": SERVING}
    write_texts(settings.typed / "mentions" / "x.texts", KEYS, [empty | row for row in rows])


def write_typed(settings: Settings) -> None:
    records = [_record(SERVING, number) for number in range(1, 7)]
    records += [_record(HELD, number) for number in range(7, 10)]
    mentions = [
        (SERVING, 1, OPEN_NAME), (SERVING, 2, OPEN_NAME), (SERVING, 3, COUNTRYLESS), (SERVING, 4, HIDDEN),
        (SERVING, 5, RESOLVED), (HELD, 7, RESOLVED), (HELD, 8, OPEN_NAME),
    ]  # fmt: skip
    write_table(settings.typed / "records" / "x.parquet", records)
    write_table(
        settings.typed / "place_mentions" / "x.parquet",
        [
            {"partner": PARTNER, "extract_id": extract, "record_id": record, "place_role": "origin",
             "mention_id": mention}
            for extract, record, mention in mentions
        ],
    )  # fmt: skip
    write_extracts(settings)
    match = {"mention_id": RESOLVED, "place_id": "KE040", "kind": "county", "county_place_id": "KE040",
             "country_alpha3": "KEN", "geo_precision": "county"}  # fmt: skip
    write_table(settings.work / "places" / "matches.parquet", [match])
    write_table(
        settings.work / "gates" / "in_force.parquet",
        [
            {"partner": PARTNER, "extract_id": SERVING, "fate": "in_force", "reason": None},
            {"partner": PARTNER, "extract_id": HELD, "fate": "held", "reason": HOLDING["check_name"]},
        ],
    )


def mention(settings: Settings, extract_id: str, record: int, mention_id: int) -> None:
    """Let one more record name a place."""
    row = {"partner": PARTNER, "extract_id": extract_id, "record_id": record, "place_role": "origin",
           "mention_id": mention_id}  # fmt: skip
    write_table(settings.typed / "place_mentions" / f"{mention_id}.parquet", [row])


def write_extracts(settings: Settings, **changes: Any) -> None:
    """Both extracts as typing notes them: increments, under an agreement of many years."""
    rows = [
        {"partner": PARTNER, "extract_id": extract_id, "contract": CONTRACT, "sequence": sequence,
         "delivery_mode": "incremental", "period_from": None, "period_to": None, "received_on": date(2026, sequence, 1),
         "agreement_from": date(2020, 1, 1), "agreement_to": date(2035, 12, 31), "retention_years": 5,
         "finest_place": "town", **changes}
        for sequence, extract_id in enumerate((SERVING, HELD), start=1)
    ]  # fmt: skip
    write_table(settings.typed / "extracts" / "x.parquet", rows)


def _record(extract_id: str, number: int) -> dict[str, Any]:
    return {
        "partner": PARTNER,
        "extract_id": extract_id,
        "record_id": number,
        "record_grain": "case",
        "sheet": "Jan",
        "row_number": number + 1,
        "period_from": QUARTER[0],
        "period_to": QUARTER[1],
    }


def write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path)


def put(settings: Settings, name: str, *rows: dict[str, Any]) -> None:
    """Write a list of `review/` with these rows."""
    settings.review.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (settings.review / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def failed(settings: Settings, *rows: dict[str, Any]) -> None:
    put(settings, review.FAILED_CHECKS, *(dict.fromkeys(review.FAILED_COLUMNS, "") | row for row in rows))


def set_aside(settings: Settings, *rules: tuple[int, str]) -> None:
    """Records by number, each with one rule that it fails."""
    rows = (
        {"partner": PARTNER, "extract_id": SERVING, "sheet": "Jan", "row_number": number + 1,
         "rule_code": rule, "record": shown_record(number)}
        for number, rule in rules
    )  # fmt: skip
    put(settings, review.QUARANTINED_ROWS, *rows)


def name_of(text: str) -> str:
    """Return the token of a name."""
    return name_token(KEYS, text)


def open_name(mention_id: int, text: str, country: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "mention_id": mention_id, "name": name_of(text), "country_alpha3": country, "status": "unresolved",
        "reason": "unk:place_unresolved", "record_count": 1, "candidates": "", "candidate_names": "",
        "named_by": f"{PARTNER}//1", **changes,
    }  # fmt: skip


def put_names(settings: Settings, texts: dict[int, list[str]], *rows: dict[str, Any]) -> None:
    """Write the list of open names, and by mention what was written."""
    put(settings, review.UNRESOLVED_PLACES, *rows)
    path = settings.review / review.TEXTS_OF_PLACES
    write_texts(path, KEYS, {str(mention): written for mention, written in texts.items()})


def refreshed(settings: Settings, waits: tuple[int, int] = (0, 0), **end: Any) -> list[OpenItem]:
    """End a refresh so, write the list, and read it."""
    decisions = active_decisions(settings, NOW)
    given = {"outcome": refreshes.PUBLISHED, "as_of": NOW.isoformat()} | end
    write_open_items(
        settings, refreshes.End("run", NOW.isoformat(), **given), contracts_of(settings), decisions, waits
    )
    return open_items(settings)


def contracts_of(settings: Settings) -> Contracts:
    changes = active_decisions(settings, NOW).agreement_changes
    return with_changes(load_contracts(settings.partners), changes)


def held() -> list[dict[str, Any]]:
    return [{"partner": PARTNER, "extract_id": HELD, "held_by": [HOLDING["check_name"]]}]
