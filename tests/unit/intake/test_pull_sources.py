"""Each kind of source: pages, duplicates, a form that changes, a server that says whether anything changed, sessions."""

import gzip
import io
import zipfile
from typing import Any

import pytest

from orchestration.contracts import load_contracts
from orchestration.core import SAMPLE_PARTNERS, read_json
from orchestration.intake import PulledSource, kind_of, pull
from orchestration.intake.reading.any_file import EXPECTED
from tests.fixtures.form_servers import Kobo, Request, breaks_off, status
from tests.fixtures.pull_world import KOBO, ODK, SUBMISSIONS, PullWorld, pulls

__all__ = ["pulls"]


def one(pulls: PullWorld, partner: str, again: bool = False) -> PulledSource:
    (ended,) = pull(pulls.settings, [partner], again)
    return ended


def placed(pulls: PullWorld, partner: str = KOBO) -> dict[str, Any]:
    (path,) = pulls.inbox(partner)
    return read_json(path)


def ids(content: dict[str, Any]) -> list[int]:
    return [record["_id"] for record in content["results"]]


@pytest.mark.parametrize("most", [2, 4, 7, 1000])
def test_all_pages_are_one_file_of_whole_submissions(pulls: PullWorld, most: int) -> None:
    pulls.kobo(7, most)
    ended = one(pulls, KOBO)
    assert (ended.outcome, ended.records) == ("fetched", 7)
    assert placed(pulls) == {"next": None, "previous": None, "count": 7, "results": SUBMISSIONS[:7]}


def test_pages_are_asked_in_the_order_of_submission(pulls: PullWorld) -> None:
    kobo = pulls.kobo(5, most=2)
    kobo.submissions = list(reversed(kobo.submissions))
    one(pulls, KOBO)
    assert [asked.query["start"] for asked in kobo.asked] == ["0", "1", "2", "3"]
    assert {(asked.query["limit"], asked.query["sort"]) for asked in kobo.asked} == {("1000", '{"_id": 1}')}
    assert ids(placed(pulls)) == sorted(record["_id"] for record in SUBMISSIONS[:5])


def test_form_that_grows_while_it_is_fetched_is_fetched_anew(pulls: PullWorld) -> None:
    kobo = pulls.kobo(5, most=2)

    def grows(request: Request) -> None:
        kobo.submissions = SUBMISSIONS[:6]
        kobo.answer(request)

    kobo.faults = [None, grows]
    assert one(pulls, KOBO).records == 6
    assert ids(placed(pulls)) == ids({"results": SUBMISSIONS[:6]})


def test_submission_pushed_past_a_page_by_a_deletion_is_not_lost(pulls: PullWorld) -> None:
    """One is deleted and one comes in: the count stays, but a page is skipped over."""
    kobo = pulls.kobo(6, most=2)

    def moves(request: Request) -> None:
        kobo.submissions = SUBMISSIONS[1:7]
        kobo.answer(request)

    kobo.faults = [None, moves]
    assert one(pulls, KOBO).records == 6
    assert ids(placed(pulls)) == ids({"results": SUBMISSIONS[1:7]})


def test_form_that_never_stays_the_same_is_a_sentence(pulls: PullWorld) -> None:
    kobo = pulls.kobo(4, most=2)

    def other_count(request: Request) -> None:
        request.send_json(kobo.page(request, kobo.submissions) | {"count": 5})

    kobo.faults = [None, other_count] * 3
    ended = one(pulls, KOBO)
    assert ended.outcome == "failed" and "changed 3 times while it was fetched" in str(ended.reason)
    assert pulls.inbox(KOBO) == []


def test_submission_on_two_pages_is_kept_once(pulls: PullWorld) -> None:
    kobo = pulls.kobo(4, most=2)
    kobo.submissions = [SUBMISSIONS[0], SUBMISSIONS[1], SUBMISSIONS[1], SUBMISSIONS[2]]
    assert one(pulls, KOBO).records == 3
    assert placed(pulls)["count"] == 3 and ids(placed(pulls)) == ids({"results": SUBMISSIONS[:3]})


def test_changed_form_comes_whole_with_its_new_question(pulls: PullWorld) -> None:
    kobo = pulls.kobo(4)
    one(pulls, KOBO)
    kobo.submissions = [*SUBMISSIONS[:4], SUBMISSIONS[4] | {"__version__": "v3", "journey/new_question": "x"}]
    assert one(pulls, KOBO).outcome == "fetched"
    assert placed(pulls)["results"][-1]["journey/new_question"] == "x"


def test_form_without_visible_submissions_is_a_sentence(pulls: PullWorld) -> None:
    pulls.kobo(0)
    ended = one(pulls, KOBO)
    assert "no submission that the token may see" in str(ended.reason)


def test_unknown_form_is_a_sentence(pulls: PullWorld) -> None:
    pulls.kobo(asset="aUnknownForm")
    assert "knows no such form" in str(one(pulls, KOBO).reason)


@pytest.mark.parametrize("answer", [{"results": []}, {"count": "3", "results": [], "next": None}, []])
def test_answer_of_another_interface_is_a_sentence(pulls: PullWorld, answer: Any) -> None:
    pulls.kobo().faults = [lambda request: request.send_json(answer)]
    assert "answers in another way than" in str(one(pulls, KOBO).reason)


@pytest.mark.parametrize("about", ["ናይሮቢ – Fixture 🙂", "half a character \ud83d", 'quotes " and \\ \n'])
def test_text_of_an_answer_stays_as_it_is(pulls: PullWorld, about: str) -> None:
    kobo: Kobo = pulls.kobo(1)
    kobo.submissions = [SUBMISSIONS[0] | {"about": about}]
    one(pulls, KOBO)
    assert placed(pulls)["results"][0]["about"] == about


def test_zip_comes_byte_for_byte_also_when_it_is_compressed_on_the_way(pulls: PullWorld) -> None:
    central = pulls.odk()
    packed = gzip.compress(central.content)
    central.faults = [lambda request: request.send(200, packed, Content_Encoding="gzip")]
    assert one(pulls, ODK).outcome == "fetched"
    (path,) = pulls.inbox(ODK)
    assert path.read_bytes() == central.content


def test_compressed_bomb_is_stopped_at_the_limit(pulls: PullWorld) -> None:
    packed = gzip.compress(b"0" * 20_000_000)
    pulls.odk(most_megabytes=1).faults = [lambda request: request.send(200, packed, Content_Encoding="gzip")]
    assert "larger than 1 MB" in str(one(pulls, ODK).reason)


def zip_of(name: str, content: str = "fixture", minute: int = 0) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as members:
        for member in ("[Content_Types].xml", name) if "/" in name else (name,):
            members.writestr(zipfile.ZipInfo(member, (2026, 11, 2, 10, minute, 0)), content)
    return made.getvalue()


OTHER_KINDS = {
    "a web page or XML": b"\xef\xbb\xbf\n<!DOCTYPE html><html>Log in</html>",
    "JSON": b'{"detail": "Authentication credentials were not provided."}',
    "text such as CSV": b"a,b\n1,2\n",
    "a Word document": zip_of("word/document.xml"),
    "an Excel workbook (.xlsx)": zip_of("xl/workbook.xml"),
    "an empty file": b" \n",
}


@pytest.mark.parametrize("found", OTHER_KINDS)
def test_file_of_another_kind_than_the_contracts_is_not_taken(pulls: PullWorld, found: str) -> None:
    central = pulls.odk()
    central.faults = [lambda request: request.send(200, OTHER_KINDS[found], Content_Type="application/zip")]
    ended = one(pulls, ODK)
    reason = str(ended.reason)
    assert ended.outcome == "failed" and pulls.inbox(ODK) == []
    assert reason.startswith(f"{ODK} from 127.0.0.1:") and f"the server sends {found}" in reason
    assert f"contract {ended.contract} expects a zip of CSV files" in reason
    assert one(pulls, ODK).outcome == "fetched"


def test_every_sample_is_of_the_kind_that_its_contract_expects() -> None:
    kinds = [
        (path.name, kind_of(path), EXPECTED[contract.format.kind])
        for partner, contracts in load_contracts(SAMPLE_PARTNERS).valid.items()
        for contract in contracts
        for path in (SAMPLE_PARTNERS / partner / "extracts").iterdir()
        if contract.reads(path.name)
    ]
    assert {expected for _, _, expected in kinds} == set(EXPECTED.values())
    assert [one for one in kinds if one[1] != one[2]] == []


def test_zip_of_all_tables_comes_without_media_and_the_session_is_closed(pulls: PullWorld) -> None:
    central = pulls.odk()
    assert one(pulls, ODK).outcome == "fetched"
    (path,) = pulls.inbox(ODK)
    assert path.read_bytes() == central.content
    assert [asked.command for asked in central.asked] == ["POST", "GET", "DELETE"]
    assert central.asked[1].query == {"attachments": "false"} and central.sessions == set()


def test_zip_with_other_times_and_the_same_rows_is_unchanged(pulls: PullWorld) -> None:
    central = pulls.odk()
    for minute, key, outcome in ((1, "1", "fetched"), (2, "1", "unchanged"), (3, "2", "fetched")):
        central.content = zip_of("intake.csv", f"KEY\n{key}\n", minute)
        assert one(pulls, ODK).outcome == outcome


def test_central_that_says_nothing_changed_is_not_asked_for_the_zip(pulls: PullWorld) -> None:
    central = pulls.odk()
    central.etag = 'W/"7"'
    one(pulls, ODK)
    assert one(pulls, ODK).outcome == "unchanged" and central.sessions == set()


def test_zip_that_lacks_its_end_is_fetched_again(pulls: PullWorld) -> None:
    central = pulls.odk()
    half = central.content[: len(central.content) // 2]
    central.faults = [lambda request: request.send(200, half, Content_Type="application/zip"), breaks_off]
    assert one(pulls, ODK).outcome == "fetched"


def test_wrong_password_says_where_the_new_one_goes(pulls: PullWorld) -> None:
    pulls.odk().password = "another"  # noqa: S105
    found = str(one(pulls, ODK).reason)
    assert "refuses the user and the password" in found and "kifaru.password (mode 0600)" in found


def test_session_that_ends_midway_is_a_sentence_and_the_next_pull_works(pulls: PullWorld) -> None:
    central = pulls.odk()
    central.faults = [status(401)]
    assert one(pulls, ODK).outcome == "failed"
    assert one(pulls, ODK).outcome == "fetched"
