"""`njia pull`, and what `njia status` shows of it."""

from orchestration.cli.root import main
from orchestration.core import prepare_home
from tests.fixtures.form_servers import hangs_up
from tests.fixtures.njia_in_process import Njia, njia
from tests.fixtures.pull_world import KOBO, ODK, PullWorld, pulls

__all__ = ["main", "njia", "pulls"]


def at(pulls: PullWorld) -> list[str]:
    return ["--home", str(pulls.settings.home), "--partners", str(pulls.settings.partners)]


def test_one_line_a_source_and_the_next_step(njia: Njia, pulls: PullWorld) -> None:
    pulls.kobo(6), pulls.odk()
    ended = njia("pull", *at(pulls))
    assert ended.code == 0
    shown = " ".join(ended.out.split())
    assert f"{KOBO} · kasuku_network_api: fetched from 127.0.0.1:" in shown and "6 records, " in shown
    assert f"{ODK} · kifaru_rescue_odk: fetched" in shown and shown.endswith("Next: njia refresh")
    assert f"· {KOBO}: kasuku_network_api" in ended.err
    again = njia("pull", KOBO, *at(pulls))
    assert again.code == 0 and "unchanged on" in again.out and ODK not in again.out


def test_failed_source_is_exit_code_1_and_listed_in_status(njia: Njia, pulls: PullWorld) -> None:
    kobo, _ = pulls.kobo(), pulls.odk()
    kobo.faults = [hangs_up] * 10
    ended = njia("pull", "--json", *at(pulls))
    assert ended.code == 1 and ended.last_object["failed"] == 1
    assert [one["outcome"] for one in ended.last_object["sources"]] == ["failed", "fetched"]
    assert kobo.token not in ended.out + ended.err
    njia("pull", *at(pulls))
    shown = " ".join(njia("status", *at(pulls)).out.split())
    assert f"pull failed {KOBO} from 127.0.0.1:" in shown
    assert "Failed 2 times in a row. Last fetched: never." in shown
    assert f"{ODK} · kifaru_rescue_odk: unchanged on" in shown


def test_source_that_was_never_fetched_is_listed_in_status(njia: Njia, pulls: PullWorld) -> None:
    pulls.kobo()
    prepare_home(pulls.settings)
    assert "not fetched yet from 127.0.0.1:" in njia("status", *at(pulls)).out


def test_wrong_use_is_exit_code_2(njia: Njia, pulls: PullWorld) -> None:
    pulls.kobo()
    ended = njia("pull", "unknown_partner", *at(pulls))
    assert ended.code == 2 and "names a `source`" in ended.words
