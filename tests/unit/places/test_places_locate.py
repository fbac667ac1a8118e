"""The locate step: distinct mentions in, matches and the stewards' list out, with tokens for texts."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.core import Keys, NjiaError, Settings, read_texts, write_texts
from orchestration.places import in_scope, name_token
from orchestration.places.mentions import Mention
from orchestration.places.place_text import looks_private
from orchestration.places.step import MATCHES, UNRESOLVED, locate
from orchestration.typing.tables import SCHEMAS
from tests.decoded import says

KEYS = Keys(b"k" * 32, "age1")
FILES = ("matches.parquet", "unresolved.parquet", "unresolved.texts")
PLACE_MENTIONS = pa.schema(
    [
        ("extract_id", pa.string()), ("partner", pa.string()), ("record_id", pa.int64()),
        ("place_role", pa.string()), ("mention_id", pa.int64()),
    ]
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path, tmp_path / "keys")


def typed(settings: Settings, extract_id: str, mentions: list[tuple[int, str | None, str | None]]) -> None:
    """Put mentions (id, place, country) into the typed tables, each named by one record of its own."""
    empty = dict.fromkeys(SCHEMAS["mentions"].names)
    texts = [
        empty | {"extract_id": extract_id, "mention_id": i, "place_text": place, "country_text": country}
        for i, place, country in mentions
    ]
    named = [
        {"extract_id": extract_id, "partner": "kobe", "record_id": i * 10, "mention_id": i}
        for i, _, _ in mentions
    ]
    write_texts(settings.typed / "mentions" / f"{extract_id}.texts", KEYS, texts)
    folder = settings.typed / "place_mentions"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(PLACE_MENTIONS.empty_table(), folder / "_empty.parquet")
    pq.write_table(pa.Table.from_pylist(named, schema=PLACE_MENTIONS), folder / f"{extract_id}.parquet")


def written(settings: Settings, name: str) -> list[dict[str, object]]:
    return pq.read_table(settings.work / "places" / f"{name}.parquet").to_pylist()


def test_nothing_typed_gives_empty_tables_with_their_schema(settings: Settings) -> None:
    assert locate(settings, KEYS)["mentions"] == 0
    assert pq.read_schema(settings.work / "places" / "matches.parquet").equals(MATCHES)
    assert pq.read_schema(settings.work / "places" / "unresolved.parquet").equals(UNRESOLVED)


def test_every_distinct_mention_gets_one_row_in_the_order_of_ids(settings: Settings) -> None:
    typed(settings, "e1", [(5, "Busia", None), (-3, "Dubai", None)])
    typed(settings, "e2", [(5, "BUSIA", None), (9, "Congo", None)])
    summary = locate(settings, KEYS)
    matches = written(settings, "matches")
    assert [row["mention_id"] for row in matches] == [-3, 5, 9]
    assert summary == {
        "mentions": 3, "resolved": 2, "review": 0, "ambiguous": 1, "unresolved": 0, "to_review": 1,
    }  # fmt: skip
    assert matches[1]["place_id"] == "bp-ken-busia"
    assert matches[1]["county_place_id"] == "KE040"
    assert matches[1]["problem_codes"] == "flag:twin_assumed"


def test_the_same_input_gives_the_same_bytes(settings: Settings) -> None:
    typed(settings, "e1", [(5, "Zzyzx", None), (6, "Congo", None)])
    locate(settings, KEYS)
    files = [settings.work / "places" / name for name in FILES]
    before = [file.read_bytes() for file in files]
    locate(settings, KEYS)
    assert [file.read_bytes() for file in files] == before


def test_stewards_list_is_ranked_by_records_without_unknowns(settings: Settings) -> None:
    typed(settings, "e1", [(1, "Zzyzx", None), (2, "Congo", None), (3, "unknown", None), (4, "Gulf", None)])
    typed(settings, "e2", [(1, "Zzyzx", None)])  # the same record sent again
    extra = [{"extract_id": "e3", "partner": "kobe", "record_id": n, "mention_id": 2} for n in (1, 2)]
    pq.write_table(
        pa.Table.from_pylist(extra, schema=PLACE_MENTIONS), settings.typed / "place_mentions" / "e3.parquet"
    )
    locate(settings, KEYS)
    listed = [
        (row["name"], row["record_count"], row["candidates"]) for row in written(settings, "unresolved")
    ]
    assert listed == [(name_token(KEYS, "Congo"), 3, "COD;COG"), (name_token(KEYS, "Zzyzx"), 1, "")]


def test_unresolved_text_is_written_encrypted_alone(settings: Settings) -> None:
    private = [
        "Amina Sampleton", "0712 345 678", "a@b.example", "she was taken by bus to a house", "-1.29212, 36.82191",
    ]  # fmt: skip
    typed(settings, "e1", [(n, text, None) for n, text in enumerate(private)])
    locate(settings, KEYS)
    files = [settings.work / "places" / name for name in FILES]
    assert len(written(settings, "unresolved")) == len(private)
    assert [text for text in private if any(says(file, [text]) for file in files)] == []
    texts = read_texts(settings.work / "places" / "unresolved.texts", KEYS)
    assert list(texts.values()) == [[text] for text in private]


def test_mention_is_named_by_its_place_else_its_area_code_or_country() -> None:
    texts = {"place_text": "Kwa Maina", "admin_text": "NAKURU", "place_code": "X-1", "country_text": "Kenia"}
    names = []
    for left_out in (None, *texts):
        texts |= {left_out: "?"} if left_out else {}
        names.append(Mention(**texts).name)
    assert names == ["kwa maina", "nakuru", "x 1", "kenia", ""]
    assert not any(looks_private(text) for text in ("Zzyzx", "Busia/Malaba", "Moi's Bridge", "Githurai 45"))


def test_decision_about_a_token_meets_every_spelling(settings: Settings) -> None:
    typed(settings, "e1", [(1, "Amina Sampleton", None), (2, "AMINA  sampleton", "Kenya")])
    none = {"text": name_token(KEYS, "amina sampleton"), "country": None, "place_id": "unknown"}
    assert locate(settings, KEYS, [none])["to_review"] == 0
    known = none | {"text": "Amina Sampleton", "place_id": "KE040"}
    assert locate(settings, KEYS, [none, known])["resolved"] == 2
    assert locate(settings, KEYS, [known, none])["resolved"] == 0


def test_texts_of_another_key_are_refused(settings: Settings) -> None:
    typed(settings, "e1", [(1, "Zzyzx", None)])
    with pytest.raises(NjiaError, match="another record key"):
        locate(settings, Keys(b"o" * 32, "age1"))


def test_na_is_namibia_beside_codes_and_nothing_beside_names(settings: Settings) -> None:
    for beside, country in (("KE", "NAM"), ("Uganda", None)):
        typed(settings, beside, [(1, None, "NA"), (2 + len(beside), None, beside)])
        locate(settings, KEYS)
        assert written(settings, "matches")[0]["country_alpha3"] == country


def test_decision_is_applied_unless_its_place_is_gone(settings: Settings) -> None:
    typed(settings, "e1", [(1, "Zzyzx", None)])
    decision = {"id": "aaaaaaaaaaaa", "text": "zzyzx", "country": None, "place_id": "KE032"}
    assert locate(settings, KEYS, [decision])["resolved"] == 1
    assert written(settings, "matches")[0]["method"] == "decision"
    found = locate(settings, KEYS, [{**decision, "place_id": "KE999"}])
    assert (found["resolved"], found["to_review"]) == (0, 1)


STAGE = {"text": "kwa fixture", "country": None, "partner": None, "role": None}


def named_at(settings: Settings, *named: tuple[int, str, str]) -> None:
    """Let records name mentions (mention, partner, place role), one record each."""
    rows = [
        {"extract_id": "e1", "partner": partner, "record_id": n, "place_role": role, "mention_id": mention}
        for n, (mention, partner, role) in enumerate(named)
    ]
    path = settings.typed / "place_mentions" / "e1.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=PLACE_MENTIONS), path)


def place_of(settings: Settings) -> dict[tuple[str, str, int], str | None]:
    """Return the place of each mention by partner and role, joined as dbt joins them."""
    with duckdb.connect() as con:
        files = str(settings.typed / "place_mentions" / "*.parquet")
        named = in_scope(settings, f"select * from read_parquet('{files}')")
        rows = con.execute(
            f"select partner, place_role, record_id, place_id from ({named}) left join read_parquet(?) "
            "using (mention_id)",
            [str(settings.work / "places" / "matches.parquet")],
        ).fetchall()
    return {(partner, role, record): place for partner, role, record, place in rows}


@pytest.fixture
def stage(settings: Settings) -> Settings:
    """Two partners name `Kwa Fixture` as origin and as destination; one of them beside Uganda."""
    typed(settings, "e1", [(1, "Kwa Fixture", None), (2, "kwa fixture", "Uganda")])
    named_at(
        settings,
        (1, "kobe", "origin"), (1, "kobe", "exploitation"), (1, "swala", "origin"),
        (1, "swala", "intended_destination"), (2, "swala", "origin"), (1, "swala", "observation"),
    )  # fmt: skip
    return settings


def test_the_most_specific_decision_holds(stage: Settings) -> None:
    decisions = [
        STAGE | {"id": "aa", "partner": "swala", "role": "destination", "place_id": "bp-ken-busia"},
        STAGE | {"id": "bb", "partner": "swala", "place_id": "bp-ken-malaba"},
        STAGE | {"id": "cc", "role": "origin", "place_id": "KE047"},
        STAGE | {"id": "dd", "place_id": "KE001"},
        STAGE | {"id": "ee", "partner": "swala", "country": "UGA", "place_id": "UGA"},
    ]
    for given in (decisions, decisions[::-1]):
        locate(stage, KEYS, given)
        assert place_of(stage) == {
            ("kobe", "origin", 0): "KE047", ("kobe", "exploitation", 1): "KE001",
            ("swala", "origin", 2): "bp-ken-malaba", ("swala", "intended_destination", 3): "bp-ken-busia",
            ("swala", "origin", 4): "UGA", ("swala", "observation", 5): "bp-ken-malaba",
        }  # fmt: skip


def test_of_equal_scopes_the_later_decision_holds(stage: Settings) -> None:
    pair = [STAGE | {"id": place, "role": "origin", "place_id": place} for place in ("KE001", "KE047")]
    locate(stage, KEYS, pair)
    assert place_of(stage)["kobe", "origin", 0] == "KE047"
    locate(stage, KEYS, pair[::-1])
    assert place_of(stage)["kobe", "origin", 0] == "KE001"


def test_the_rest_of_a_name_stays_open_with_those_who_name_it(stage: Settings) -> None:
    locate(stage, KEYS)
    (row, abroad) = written(stage, "unresolved")
    assert (row["record_count"], abroad["named_by"]) == (5, "swala/origin/1")
    assert str(row["named_by"]).split(";") == [
        "swala/origin/1", "swala/destination/1", "swala//1", "kobe/origin/1", "kobe/destination/1"
    ]  # fmt: skip
    decision = STAGE | {"id": "aa", "partner": "swala", "place_id": "KE040"}
    assert locate(stage, KEYS, [decision])["to_review"] == 1, "nobody else names it beside Uganda"
    (row,) = written(stage, "unresolved")
    assert (row["record_count"], row["named_by"]) == (2, "kobe/origin/1;kobe/destination/1")


def test_a_decision_with_a_scope_leaves_the_rest_as_it_was(stage: Settings) -> None:
    files = [stage.work / "places" / name for name in FILES]
    locate(stage, KEYS)
    before = [file.read_bytes() for file in files]
    locate(stage, KEYS, [STAGE | {"id": "aa", "partner": "kobe", "role": "origin", "place_id": "KE040"}])
    assert written(stage, "scoped_mentions") != []
    locate(stage, KEYS)
    assert [file.read_bytes() for file in files] == before and written(stage, "scoped_mentions") == []
