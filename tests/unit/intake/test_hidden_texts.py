"""Texts of places and answers in no code list: landed as tokens, typed as before, erased with their record."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration.core import Settings, is_token, load_keys, read_texts, set_tombstones, tombstones_of
from orchestration.intake import has_its_cells, read_register, texts_of
from orchestration.intake.landing.erasing import erase_forgotten
from orchestration.intake.landing.rewriting import settle_landing
from orchestration.intake.taking_in import take_in
from orchestration.typing.ages import read_age
from orchestration.typing.counts import read_count
from orchestration.typing.step import type_extracts
from tests import scenario
from tests.decoded import says
from tests.evidence_base import EvidenceBase

PARTNER = "kobe_post"
PERSON, PLOT, ANSWER = "Zebulonia Quixworth", "Plot 14 near the mosque", "Fixture work"
ROWS = scenario.CASE_HEADER + (
    f"K1;10/03/2025;F;15;Busia;Nakuru > {PERSON};Nairobi;{PLOT};Domestic;bus;Yes;;;\n"
    f"K2;11/03/2025;F;16;Busia;Nakuru;Nairobi;{PERSON};{ANSWER};bus;Yes;;;\n"
)


@pytest.fixture
def base(empty_base: EvidenceBase) -> EvidenceBase:
    empty_base.deliver(PARTNER, "kobe_1.csv", ROWS)
    return empty_base


@pytest.fixture
def landed(base: EvidenceBase) -> Settings:
    take(base.settings)
    return base.settings


def take(settings: Settings) -> None:
    take_in(settings, load_keys(settings), scenario.AS_OF)


def parquet_of(settings: Settings) -> Path:
    (path,) = (settings.landing / PARTNER).glob("[!.]*.parquet")
    return path


def note_of(settings: Settings) -> dict[str, Any]:
    (note,) = read_register(settings.landing, PARTNER).values()
    return note


def values(settings: Settings, field: str) -> list[str]:
    cells = pq.read_table(parquet_of(settings)).to_pylist()
    return [cell["value"] for cell in cells if cell["field"] == field]


def typed(settings: Settings) -> list[Any]:
    summary = type_extracts(settings, load_keys(settings))
    assert not summary.failed
    tables = sorted(path for path in settings.typed.glob("*/*.parquet"))
    mentions = [read_texts(path, load_keys(settings)) for path in settings.typed.glob("mentions/*.texts")]
    return [*mentions, *(pq.read_table(path).to_pylist() for path in tables)]


def in_clear(settings: Settings) -> list[str]:
    """Files of the home that hold one of the texts, decoded."""
    searched = [path for path in settings.home.rglob("*") if path.is_file() and "keys" not in path.parts]
    return [path.name for path in searched if says(path, [PERSON, PLOT, ANSWER])]


def test_texts_of_places_and_unlisted_answers_land_as_tokens(landed: Settings) -> None:
    for field in ("place(origin).place_text", "place(transit).list", "place(exploitation).place_text"):
        assert all(map(is_token, values(landed, field))), field
    listed, unlisted = values(landed, "exploitation_type")
    assert listed == "Domestic" and is_token(unlisted)
    assert values(landed, "sex") == ["F", "F"]
    assert in_clear(landed) == []


def test_other_words_in_dates_ages_and_counts_land_as_tokens_and_type_alike(empty_base: EvidenceBase) -> None:
    name = PERSON.split()[0]
    rest = "F;{age};Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
    dates = ("10/03/2025", "12th March 2025", "2025-03-04T10:00:00Z", name, f"12 {name} 2025")
    ages = ("16", "about 16 years", "miezi 8", name, f"17 ({name})")
    sent = enumerate(zip(dates, ages, strict=True))
    rows = "".join(f"K{number};{date};{rest.format(age=age)}" for number, (date, age) in sent)
    counts = ("5", "5-10", "several", "not known", f"17 ({name})", name)
    routes = "".join(f"Busia;Nairobi;Domestic;{count}\n" for count in counts)
    empty_base.deliver(PARTNER, "kobe_1.csv", scenario.CASE_HEADER + rows)
    empty_base.deliver("tai_routes", "tai_2019.csv", scenario.ROUTE_HEADER + routes)
    settings = empty_base.settings
    take(settings)
    for field, texts, partner in (
        ("event_on", dates, PARTNER), ("age_band", ages, PARTNER), ("person_count", counts, "tai_routes"),
    ):  # fmt: skip
        (parquet,) = (settings.landing / partner).glob("[!.]*.parquet")
        landed = [row["value"] for row in pq.read_table(parquet).to_pylist() if row["field"] == field]
        for text, value in zip(texts, landed, strict=True):
            assert value == (load_keys(settings).token(text) if name in text else text)
        assert {text for text in texts if name in text} <= set(
            texts_of(parquet, load_keys(settings)).values()
        )
    typed(settings)
    read = [
        row for path in settings.typed.glob("records/*.parquet") for row in pq.read_table(path).to_pylist()
    ]
    as_sent = sorted(str(read_count(text).count) for text in counts)
    assert sorted(str(row["person_count"]) for row in read if row["partner"] == "tai_routes") == as_sent
    assert "17" in as_sent
    bands = sorted(str(read_age(text).band) for text in ages)
    assert sorted(str(row["age_band"]) for row in read if row["partner"] == PARTNER) == bands
    planted = settings.home / "planted.parquet"
    pq.write_table(pa.table({"value": [f"17 ({name})"]}), planted)
    searched = [path for path in settings.home.rglob("*") if path.is_file() and "keys" not in path.parts]
    assert [path for path in searched if says(path, [name])] == [planted]


def test_equal_texts_have_equal_tokens(landed: Settings) -> None:
    assert len(set(values(landed, "place(origin).place_text"))) == 1


def test_texts_are_read_with_the_key_of_the_home(landed: Settings) -> None:
    texts = texts_of(parquet_of(landed), load_keys(landed))
    assert {PERSON, PLOT, ANSWER, f"Nakuru > {PERSON}"} <= set(texts.values())
    assert all(token == load_keys(landed).token(text) for token, text in texts.items())
    assert has_its_cells(note_of(landed), parquet_of(landed))


def test_typing_reads_the_texts_and_writes_none(landed: Settings) -> None:
    mentions, *_ = typed(landed)
    assert {PERSON, PLOT, "Nakuru"} <= {mention["place_text"] for mention in mentions}
    assert in_clear(landed) == []


def test_damaged_texts_are_noticed_before_typing(landed: Settings) -> None:
    parquet_of(landed).with_suffix(".texts").write_bytes(b"damaged")
    (failure,) = type_extracts(landed, load_keys(landed)).failed
    assert failure.fault == "OtherCells"


def test_texts_of_a_forgotten_record_are_erased(landed: Settings) -> None:
    keys, records = load_keys(landed), {load_keys(landed).record_id(PARTNER, f"{PARTNER}_cases|K1")}
    set_tombstones(landed, keys, PARTNER, records)
    erase_forgotten(landed, tombstones_of(landed, keys, PARTNER))
    left = set(texts_of(parquet_of(landed), keys).values())
    assert PERSON in left and not {PLOT, f"Nakuru > {PERSON}"} & left
    assert has_its_cells(note_of(landed), parquet_of(landed))


def test_extract_whose_texts_are_lost_is_not_typed(landed: Settings) -> None:
    parquet_of(landed).with_suffix(".texts").unlink()
    before = parquet_of(landed).read_bytes()
    take(landed)
    (failure,) = type_extracts(landed, load_keys(landed)).failed
    assert (parquet_of(landed).read_bytes(), failure.fault) == (before, "OtherCells")


def test_settled_landing_is_left_as_it_is(landed: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in (landed.landing / PARTNER).iterdir()}
    settle_landing(landed, load_keys(landed))
    assert {path: path.stat().st_mtime_ns for path in (landed.landing / PARTNER).iterdir()} == before


def test_token_is_letters_that_no_detector_takes_for_a_number(landed: Settings) -> None:
    keys = load_keys(landed)
    tokens = [keys.token(str(number)) for number in range(1_000)]
    assert all(map(is_token, tokens)) and len(set(tokens)) == 1_000
    assert not pc.any(pc.match_substring_regex(pa.array(tokens), "[0-9]")).as_py()
