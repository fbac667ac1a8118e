"""Promise 6 after refreshes of planted files: texts that are no place, and names of files and headings."""

from orchestration.core import load_keys, read_json
from orchestration.places import name_token
from orchestration.stewardship import audit, review
from tests import scenario
from tests.decoded import says as says_any
from tests.evidence_base import EvidenceBase
from tests.fixtures.desk_world import make_accounts, visitor
from tests.pipeline.test_privacy import searched_in

PLANTED_PLACES = ("Zebulonia Quixworth", "PP C-0412 98", "Plot 14 House 3", "Kwa Maina")
PLANTED_ANSWER = "Sold by Barnaby Quixworth"


def test_text_that_is_no_place_stands_in_clear_nowhere_and_is_shown_at_the_desk(
    evidence_base: EvidenceBase,
) -> None:
    settings = evidence_base.settings
    person, passport, plot, stage = PLANTED_PLACES
    rows = (
        f"P1;10/03/2025;F;15;{person};Nakuru > {passport};Nairobi;{plot};Domestic;bus;Yes;;;\n"
        f"P2;11/03/2025;F;16;{stage};Nakuru;Nairobi;Nairobi;{PLANTED_ANSWER};bus;Yes;;;\n"
    )
    evidence_base.deliver("kobe_post", "kobe_3.csv", scenario.CASE_HEADER + rows)
    ended = evidence_base.at(scenario.AS_OF.replace(hour=8)).refresh()
    assert ended.error is None, ended.error

    make_accounts(settings)
    page = visitor(settings).get("/work?kind=place").text
    assert [text for text in PLANTED_PLACES if text not in page] == []
    names = [name_token(load_keys(settings), text) for text in PLANTED_PLACES]
    assert set(names) <= set(audit.read(settings).lines[-1]["details"]["names"])

    kinds = {path.suffix for path in searched_in(settings)}
    assert {".parquet", ".duckdb", ".json", ".jsonl", ".csv", ".texts"} <= kinds
    words = [*PLANTED_PLACES, PLANTED_ANSWER, "Quixworth", "C-0412"]
    assert [path.name for path in searched_in(settings) if says_any(path, words)] == []


OWN_NAME, HEADING = "Wanjiku Testperson 0712345678.csv", "Zipporah Sampleton"


def test_name_of_a_file_and_unknown_headings_stand_in_the_inbox_alone(empty_base: EvidenceBase) -> None:
    settings = empty_base.settings
    first, *rows = scenario.KOBE_FIRST.splitlines()
    table = "\n".join([f"{first};{HEADING}", *(f"{row};1" for row in rows), ""])
    contents = {
        "kobe_post": table,
        "swala_post": table.replace("Date;", "Tag;"),
        "tai_routes": "",
        "unknown_house": table,
        "chui_routes": table,
    }
    files = {partner: empty_base.deliver(partner, OWN_NAME, text) for partner, text in contents.items()}
    files["chui_routes"].touch()  # may still be written
    for moment in (scenario.AS_OF, scenario.AS_OF.replace(hour=8)):
        ended = empty_base.at(moment).run_job()
        assert ended.error is None, ended.error
        files["kobe_post"] = empty_base.deliver("kobe_post", OWN_NAME, table)
    not_taken = {row["partner"]: row["outcome"] for row in review.read(settings, review.FILES_NOT_TAKEN)}
    held = dict.fromkeys(("swala_post", "unknown_house", "chui_routes"), "held")
    assert not_taken == held | {"tai_routes": "unreadable"}
    kinds = {path.suffix for path in searched_in(settings)}
    assert {".parquet", ".duckdb", ".db", ".json", ".jsonl", ".csv", ".html"} <= kinds
    words = ["Wanjiku", "0712345678", "Zipporah", "Sampleton"]
    (settings.review / "planted.json").write_text(f'["{OWN_NAME}"]')
    assert [path.name for path in searched_in(settings) if says_any(path, words)] == ["planted.json"]
    (note,) = (read_json(path) for path in (settings.landing / "kobe_post").glob("[!.]*.json"))
    assert note["file"] == f"kobe_post 2026-03-01 {note['extract_id'][:8]}…"
    assert note["unmapped_columns"] == ["column 15"]
