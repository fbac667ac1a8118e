"""A wide form export as form servers write it: some sixty columns, about 1 kB a row, most of them not mapped."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PLACES = ["Busia", "Malaba", "Garissa", "Mandera", "Moyale", "Nakuru", "Eldoret", "Isiolo", "Wajir", "Thika"]
SHARED: dict[str, Any] = {
    "version": 1,
    "partner": {"code": "swala", "steward": "data@swala.example"},
    "agreement": {"id": "A", "valid_from": "2019-01-01", "valid_to": "2035-01-01", "finest_place": "town"},
    "locale": {"dates": "ymd", "languages": ["en"], "default_country": "KEN"},
}

MODES = ["bus", "foot", "lorry", "matatu", "boat", "aircraft"]
CONTRACT: dict[str, Any] = SHARED | {
    "contract": "forms",
    "grain": "case",
    "consent": {"column": "con_consent", "values": {"yes": "given", "no": "refused"}},
    "delivery": {"mode": "full", "cadence": "monthly", "key": "_uuid", "newest_by": "_submission_time"},
    "format": {"kind": "csv"},
    "accept_if": {
        "column": "_validation_status",
        "accept": ["", "Approved"],
        "withhold": ["Not Approved"],
        "wait": ["On Hold"],
    },
    "fields": {
        "event_on": "left_on",
        "submitted_at": "_submission_time",
        "sex": "sex",
        "age_band": {"column": "birth_date", "from": "birth_date"},
        "nationality": "nationality",
        "trafficking_status": "status",
        "exploitation_type": {"column": "exploitation", "select_multiple": "joined"},
        "industry": "industry",
        "recruitment_method": "recruited_by",
        "transport_mode": {"column": "transport", "select_multiple": "flags"},
        "place(origin).place_text": {"column": "origin_town", "basis": "home"},
        "place(origin).country_text": "origin_country",
        "place(transit).list": {"column": "passed_through", "split": [">"]},
        "place(intended_destination).place_text": "promised_town",
        "place(exploitation).place_text": {"column": "found_in", "basis": "exploited"},
    },
    "deny": ["full_name", "phone", "interviewer", "remarks", "_notes", "_submitted_by", "_id", "deviceid"],
}
_MAPPED = [
    *("start", "end", "deviceid", "interviewer", "con_consent", "full_name", "phone", "birth_date", "sex"),
    *("nationality", "status", "left_on", "origin_town", "origin_country", "passed_through", "promised_town"),
    *("found_in", "exploitation", "industry", "recruited_by"),
]
_EXTRA = [f"section_{letter}/question_{number}" for letter in "abcd" for number in range(1, 6)]
_SERVER = [
    *("remarks", "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status"),
    *("_submitted_by", "__version__", "_tags", "_index", "meta/instanceID"),
]
HEADER = [*_MAPPED, *(f"transport/{mode}" for mode in MODES), *_EXTRA, *_SERVER]
_WORDS = ["went", "with", "others", "to", "the", "town", "told", "of", "work", "that", "never", "was", "paid"]


def write(rows: int, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_lines(rows, random.Random(11)))  # noqa: S311


def _lines(rows: int, dice: random.Random) -> Iterator[list[object]]:
    yield list(HEADER)
    for at in range(rows):
        sent = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=29 * at)
        left, born = f"2024-{dice.randint(1, 9):02}-{dice.randint(1, 28):02}", dice.randint(1970, 2014)
        uuid = f"{dice.getrandbits(128):032x}"
        towns = dice.choices(PLACES, k=4)
        said = [dice.choice(["", "", "yes", "no", "not asked", "2", "prefers not to say"]) for _ in _EXTRA]
        said[::5] = [" ".join(dice.choices(_WORDS, k=12)) for _ in said[::5]]
        yield [
            (sent - timedelta(minutes=31)).isoformat(timespec="milliseconds"),
            sent.isoformat(timespec="milliseconds"),
            f"collect:{dice.randint(1, 40):016x}",
            f"Fixture {dice.randint(1, 30)}",
            dice.choices(["yes", "no", ""], [90, 7, 3])[0],
            f"Testperson {at}",
            f"07{dice.randint(0, 99999999):08}",
            f"{born}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
            dice.choice(["female", "male"]),
            dice.choice(["Kenyan", "Ugandan", "Ethiopian"]),
            dice.choice(["confirmed", "presumed"]),
            left,
            towns[0],
            dice.choice(["Kenya", "Uganda", ""]),
            dice.choice(["", f"{towns[1]} > {towns[2]}"]),
            towns[3],
            dice.choice(["Nairobi", "Mombasa", ""]),
            dice.choice(["forced_labour", "forced_labour sexual_exploitation", "begging"]),
            dice.choice(["agriculture", "fishing", "domestic_work"]),
            dice.choice(["friend", "agency", "online"]),
            *(dice.choice("01") if at % 9 else "" for _ in MODES),
            *said,
            " ".join(dice.choices(_WORDS, k=30)),
            at + 1000,
            f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}",
            sent.isoformat(),
            dice.choices(["", "Approved", "Not Approved", "On Hold"], [60, 36, 3, 1])[0],
            "",
            "submitted_via_web",
            "",
            "vKq8x2",
            "",
            at + 1,
            f"uuid:{uuid}",
        ]
