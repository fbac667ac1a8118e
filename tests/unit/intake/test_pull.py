"""Pulling: what comes lies complete in the inbox, secrets stay secret, and one failing source stops no other."""

import json
import logging
import shutil
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from orchestration.contracts import ContractFault, load_contract, load_contracts
from orchestration.core import Keys, UsageError, refreshes
from orchestration.intake import PulledSource, failed_pulls, pull, pull_lock, read_sources, take_in
from orchestration.intake.pulling.pull import KINDS, PullRunning
from orchestration.intake.pulling.server import LONGEST_PAUSE
from orchestration.stewardship import messages
from tests.command import PROGRAM
from tests.fixtures.drift_home import AS_OF, KEYS
from tests.fixtures.form_servers import Fault, breaks_off, breaks_off_in_chunks, hangs_up, log_in_page, status
from tests.fixtures.mail_server import certificate_of_localhost
from tests.fixtures.pull_world import KOBO, ODK, PullWorld, pulls
from tests.needs import program
from tests.servers import wait_until

__all__ = ["pulls"]
LINKED = Keys(KEYS.record_key, KEYS.stewards_recipient, b"l" * 32, b"n" * 32)


def reason(pulls: PullWorld, partner: str = KOBO) -> str:
    (ended,) = pull(pulls.settings, [partner])
    assert ended.outcome == "failed" and pulls.inbox(partner) == []
    return str(ended.reason)


def test_every_kind_of_source_is_fetched_landed_and_sealed_like_any_file(pulls: PullWorld) -> None:
    pulls.kobo(), pulls.odk()
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"] * 2
    for partner in (KOBO, ODK):
        (placed,) = pulls.inbox(partner)
        assert placed.parent.name == ".complete"
    taken = take_in(pulls.settings, LINKED, AS_OF)
    assert {one.partner: one.outcome for one in taken} == dict.fromkeys((KOBO, ODK), "landed")
    assert all(one.rows_landed for one in taken)
    assert [len(list((pulls.settings.sealed / one).glob("*.age"))) for one in (KOBO, ODK)] == [1, 1]


def test_what_has_not_changed_is_not_placed_again(pulls: PullWorld) -> None:
    kobo, _ = pulls.kobo(), pulls.odk()
    pull(pulls.settings)
    take_in(pulls.settings, LINKED, AS_OF)
    assert [one.outcome for one in pull(pulls.settings)] == ["unchanged"] * 2
    assert [pulls.inbox(one) for one in (KOBO, ODK)] == [[], []]
    kobo.submissions = [*kobo.submissions[:-1], kobo.submissions[-1] | {"case/age": "41"}]  # an edit
    assert [one.outcome for one in pull(pulls.settings, [KOBO])] == ["fetched"]
    assert [one.outcome for one in pull(pulls.settings, [ODK], again=True)] == ["fetched"]


def test_newer_extract_replaces_one_that_no_refresh_has_taken(pulls: PullWorld) -> None:
    kobo = pulls.kobo(3)
    pull(pulls.settings)
    kobo.submissions = [*kobo.submissions, kobo.submissions[0] | {"_id": 999999}]
    pull(pulls.settings)
    (placed,) = pulls.inbox(KOBO)
    assert '"count": 4' in placed.read_text(encoding="utf-8")


def test_without_what_is_known_a_source_is_fetched_once_more(pulls: PullWorld) -> None:
    pulls.kobo()
    pull(pulls.settings)
    take_in(pulls.settings, LINKED, AS_OF)
    for path in pulls.settings.pulls.rglob("*.json"):
        path.write_text("damaged")
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]
    assert [one.outcome for one in take_in(pulls.settings, LINKED, AS_OF)] == ["already_landed"]


def test_failing_source_is_a_message_to_operators_once(pulls: PullWorld) -> None:
    refreshes.end(pulls.settings, refreshes.begin(pulls.settings, "run-1", AS_OF), refreshes.PUBLISHED)
    kobo = pulls.kobo()
    kobo.faults = [status(401)] * 2

    def sent() -> list[list[str]]:
        pull(pulls.settings)
        messages.send_due(pulls.settings, AS_OF)
        lines = (pulls.settings.notices / "notices.jsonl").read_text().splitlines()
        return [[event["kind"] for event in json.loads(line)["events"]] for line in lines]

    assert [sent(), sent()] == [[["pull"]]] * 2
    pull(pulls.settings)
    kobo.faults = [status(401)]
    assert sent() == [["pull"], ["pull"]], "it worked between"


def test_source_that_left_its_contract_is_no_failure_any_more(pulls: PullWorld) -> None:
    pulls.kobo().faults, _ = [status(401)], pulls.odk()
    pull(pulls.settings)
    assert [one.partner for one in failed_pulls(pulls.settings)] == [KOBO]
    shutil.rmtree(pulls.settings.partners / KOBO)
    pull(pulls.settings)
    assert failed_pulls(pulls.settings) == []


def test_changed_source_forgets_the_cursor(pulls: PullWorld) -> None:
    pulls.odk().etag = '"1"'
    pull(pulls.settings)
    pulls.odk().etag = '"1"'  # another address
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]


MIDDLE: list[Fault] = [breaks_off, breaks_off_in_chunks, hangs_up, status(503), status(429, Retry_After="0")]
NAMES = ["breaks off", "breaks off in chunks", "hangs up", "busy", "too many questions"]


@pytest.mark.parametrize("fault", MIDDLE, ids=NAMES)
def test_question_is_asked_again_after_a_fault_in_the_middle(pulls: PullWorld, fault: Fault) -> None:
    kobo, odk = pulls.kobo(6, most=2), pulls.odk()
    kobo.faults = [None, fault, fault]
    odk.faults = [fault]
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched", "fetched"]
    (placed,) = pulls.inbox(ODK)
    assert placed.read_bytes() == odk.content


@pytest.mark.parametrize("fault", MIDDLE, ids=NAMES)
def test_source_that_keeps_failing_is_a_sentence_and_leaves_nothing(pulls: PullWorld, fault: Fault) -> None:
    pulls.kobo().faults = [fault] * 5
    found = reason(pulls)
    assert found.startswith(f"{KOBO} from 127.0.0.1:") and "5 times. The next pull tries again" in found
    assert list((pulls.settings.inbox / KOBO / ".complete").iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "slept"),
    [("7", 7.0), ("9000", LONGEST_PAUSE), ("a date", 60.0), ("Wed, 21 Oct 99999 07:28:00 GMT", 0.0)],
)
def test_pause_that_a_server_asks_for_is_kept(
    pulls: PullWorld, monkeypatch: pytest.MonkeyPatch, asked: str, slept: float
) -> None:
    pauses: list[float] = []
    clock = SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic, time=time.time)
    monkeypatch.setattr("orchestration.intake.pulling.server.time", clock)
    in_a_minute = formatdate(time.time() + 60, usegmt=True)
    pulls.kobo().faults = [status(429, Retry_After=in_a_minute if asked == "a date" else asked)]
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]
    assert pauses == [pytest.approx(slept, rel=0.05)]


def test_failing_source_stops_no_other_and_recovers(pulls: PullWorld) -> None:
    kobo = pulls.kobo()
    pulls.odk()
    kobo.faults = [hangs_up] * 10
    first, second = pull(pulls.settings), pull(pulls.settings)
    assert [(one.outcome, one.failures_in_a_row) for one in first] == [("failed", 1), ("fetched", 0)]
    assert [one.failures_in_a_row for one in second] == [2, 0]
    seen = {one.partner: one for one in read_sources(pulls.settings, load_contracts(pulls.settings.partners))}
    assert seen[KOBO].fetched is None and seen[ODK].fetched
    assert [one.outcome for one in pull(pulls.settings, [KOBO])] == ["fetched"]


def test_broken_contract_is_a_failure_of_its_partner_alone(pulls: PullWorld) -> None:
    pulls.kobo(), pulls.odk()
    pull(pulls.settings)
    (pulls.settings.partners / KOBO / "contract.yml").write_text("contract: [")
    for asked in ([], [KOBO, ODK]):
        broken, odk = pull(pulls.settings, asked)
        assert (broken.partner, broken.outcome, odk.outcome) == (KOBO, "failed", "unchanged")
        assert "broken contract" in str(broken.reason) and "contract.yml" in str(broken.reason)


def test_server_that_is_not_there_is_a_sentence(pulls: PullWorld) -> None:
    pulls.kobo().close()
    assert "cannot be reached" in reason(pulls)


def test_slow_server_is_a_sentence(pulls: PullWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    pulls.kobo()
    monkeypatch.setattr("orchestration.intake.pulling.server.WHOLE_SECONDS", -1.0)
    assert "takes longer than" in reason(pulls)


def test_size_counts_all_pages(pulls: PullWorld) -> None:
    kobo = pulls.kobo(60, most=10, most_megabytes=1)
    kobo.submissions = [one | {"about": "x" * 30_000} for one in kobo.submissions]
    assert "larger than 1 MB" in reason(pulls)


@pytest.mark.parametrize("partner", [KOBO, ODK])
def test_log_in_page_in_place_of_data_is_a_sentence(pulls: PullWorld, partner: str) -> None:
    server = pulls.kobo() if partner == KOBO else pulls.odk()
    server.faults = [log_in_page]
    assert "sends a web page" in reason(pulls, partner)


def test_unexpected_fault_is_told_without_its_text(pulls: PullWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    pulls.kobo()

    def quotes(*_: object) -> None:
        raise ValueError("Mary Testperson")

    monkeypatch.setattr(KINDS["kobotoolbox"], "fetch", quotes)
    found = reason(pulls)
    assert "ValueError" in found and "Testperson" not in found


def test_killed_pull_leaves_nothing_to_take_and_the_next_one_works(pulls: PullWorld) -> None:
    kobo, may_answer = pulls.kobo(6, most=2), threading.Event()
    kobo.faults = [None, lambda request: may_answer.wait(60) and None]
    process = subprocess.Popen(
        [PROGRAM, "pull", "--home", pulls.settings.home, "--partners", pulls.settings.partners],
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: len(kobo.asked) == 2, 60)
    process.kill()
    process.wait()
    may_answer.set()
    (partial,) = pulls.inbox(KOBO)
    assert partial.name.startswith(".tmp-") and take_in(pulls.settings, LINKED, AS_OF) == []
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]
    assert {path.name for path in pulls.inbox(KOBO)} == {partial.name, "kasuku_network_api.json"}


def test_second_pull_at_the_same_time_ends_with_a_sentence(pulls: PullWorld) -> None:
    pulls.kobo()
    with pull_lock(pulls.settings) as is_held, pytest.raises(PullRunning, match="Another `njia pull` runs"):
        assert is_held
        pull(pulls.settings)


def test_partner_without_a_source_is_wrong_use(pulls: PullWorld) -> None:
    pulls.kobo()
    with pytest.raises(UsageError, match=f"No contract of {ODK} names a `source`. Partners with one: {KOBO}"):
        pull(pulls.settings, [ODK])


def test_expired_token_says_where_the_new_one_goes(pulls: PullWorld) -> None:
    pulls.kobo().token = "an0ther0token"  # noqa: S105
    found = reason(pulls)
    assert "refuses the token" in found and "kasuku.token (mode 0600)" in found and "(status 401)" in found
    pulls.secret("kasuku.token", "an0ther0token")
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]


def test_token_comes_from_the_environment(pulls: PullWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    kobo = pulls.kobo(token_file=None, token_env="NJIA_KASUKU_TOKEN")  # noqa: S106
    assert "the environment variable NJIA_KASUKU_TOKEN holds no secret" in reason(pulls)
    monkeypatch.setenv("NJIA_KASUKU_TOKEN", kobo.token)
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_token_that_others_may_read_is_not_used(pulls: PullWorld, mode: int) -> None:
    kobo = pulls.kobo()
    pulls.secret("kasuku.token", kobo.token, mode)
    found = reason(pulls)
    assert "other accounts may read kasuku.token" in found and "chmod 600" in found and kobo.asked == []


def test_missing_token_is_a_sentence(pulls: PullWorld) -> None:
    pulls.kobo()
    (pulls.settings.keys / "kasuku.token").unlink()
    assert "kasuku.token is not in" in reason(pulls)


def test_secrets_appear_in_no_message_log_or_file_of_the_home(
    pulls: PullWorld, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    kobo, odk = pulls.kobo(), pulls.odk()
    secrets = [kobo.token, odk.password, "session1"]

    def shown(ended: list[PulledSource]) -> dict[str, list[str]]:
        """Return the secrets that stand in each place, as they are or encoded."""
        files = [path for path in pulls.settings.home.rglob("*") if path.is_file()]
        kept = [path for path in files if pulls.settings.keys not in path.parents]
        out, err = capfd.readouterr()
        places = {
            "files": b"\n".join(path.read_bytes() for path in kept).decode(errors="replace"),
            "log": caplog.text, "out": out, "err": err, "sources": "\n".join(str(source) for source in ended),
        }  # fmt: skip
        return {
            place: [secret for secret in secrets if any(form in text for form in forms_of(secret))]
            for place, text in places.items()
        }

    with caplog.at_level(logging.DEBUG):
        pull(pulls.settings)
        kobo.faults, odk.faults = [status(401)], [breaks_off] * 5
        ended = pull(pulls.settings, again=True)
        assert odk.asked[0].body and kobo.asked[0].headers["Authorization"], "they were sent"
        assert shown(ended) == {"files": [], "log": [], "out": [], "err": [], "sources": []}
        for secret in secrets:
            (pulls.settings.pulls / f"planted-{secrets.index(secret)}").write_text(secret)
            logging.getLogger("planted").debug(quote(secret))
            print(b64encode(secret.encode()).decode())
            print(secret, file=sys.stderr)
        planted = [replace(ended[0], reason=" ".join(secrets))]
        assert shown(planted) == dict.fromkeys(("files", "log", "out", "err", "sources"), secrets)


def forms_of(secret: str) -> set[str]:
    return {secret, quote(secret), b64encode(secret.encode()).decode()}


def test_server_whose_certificate_is_not_trusted_gets_no_token(
    pulls: PullWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate, tls = certificate_of_localhost(tmp_path, program("openssl", "apt-get install openssl"))
    kobo = pulls.kobo()
    kobo.use(tls)
    pulls.contract(KOBO, GOOD | {"server": kobo.address, "asset": kobo.asset})
    assert "certificate of the server cannot be trusted" in reason(pulls) and kobo.asked == []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]


def test_netrc_is_not_used(pulls: PullWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    kobo = pulls.kobo()
    pull(pulls.settings)
    assert [one.headers["Authorization"] for one in kobo.asked] == [f"Token {kobo.token}"]


GOOD = {
    "kind": "kobotoolbox", "server": "https://kf.example", "asset": "aFixture", "token_file": "kasuku.token",
}  # fmt: skip
GONE = "`source.kind` must be kobotoolbox or odk_central. Remove `source`, and bring files of other places"


@pytest.mark.parametrize("name", ["KTOK", "T", "_KTOK2", "KASUKU_TOKEN", "KASUKU_" * 12, "KASUKUTOKEN" * 5])
def test_any_name_of_an_environment_variable_may_hold_the_token(pulls: PullWorld, name: str) -> None:
    pulls.contract(KOBO, GOOD | {"token_file": None, "token_env": name})
    assert load_contracts(pulls.settings.partners).problems == {}


def by_name(token: str) -> tuple[str, dict[str, Any], str]:
    return KOBO, GOOD | {"token_file": None, "token_env": token}, "the name of an environment variable"


@pytest.mark.parametrize(("partner", "source", "sentence"), [
    *map(by_name, ("s3cret0value", "KTOK-s3cret0value", "Ktok", "1KTOK", "c0ffee" * 7, "C0FFEE" * 7, "KTOK=", "")),
    (KOBO, GOOD | {"token": "s3cret0value"}, "a contract holds no secret"),
    (KOBO, GOOD | {"token_file": "s3cret0value"}, "a name such as kobe_kobo.token"),
    (KOBO, GOOD | {"token_file": "../s3cret0value.token"}, "a name such as kobe_kobo.token"),
    (KOBO, GOOD | {"token_env": "KASUKU_TOKEN"}, "either token_file or token_env"),
    (KOBO, GOOD | {"token_file": None}, "asks for a token"),
    (KOBO, GOOD | {"server": "http://kf.example"}, "use https://. Only an address of this machine"),
    (KOBO, GOOD | {"server": "http://127.0.0.1.kf.example"}, "use https://"),
    (KOBO, GOOD | {"server": "https://me:s3cret0value@kf.example"}, "the server alone"),
    (KOBO, GOOD | {"kind": "kobo"}, GONE),
    (KOBO, {"kind": "https_file", "url": "https://a.example/x.csv"}, GONE),
    (KOBO, GOOD | {"tokn_file": "x.token"}, "`source.tokn_file` is not known. Did you mean `token_file`?"),
    (KOBO, GOOD | {"save_as": "../evil.json"}, "`source.save_as` must be"),
    (KOBO, GOOD | {"server": "https://a.example/x?a=s3cret0value"}, "the server alone"),
    (KOBO, GOOD | {"server": "https://a.example#s3cret0value"}, "the server alone"),
    (KOBO, GOOD | {"server": "https://a.example\\@s3cret0value.example"}, "the server alone"),
    (ODK, GOOD, "does not give files of format.kind odk_zip"),
    (KOBO, GOOD | {"save_as": "x.json"}, None),
])  # fmt: skip
def test_contract_with_a_wrong_source_is_refused_with_a_sentence(
    pulls: PullWorld, partner: str, source: dict[str, Any], sentence: str | None
) -> None:
    pulls.contract(partner, source)
    path = pulls.settings.partners / partner / "contract.yml"
    if sentence is None:
        assert load_contract(path).pulled_name == "x.json"
        return
    with pytest.raises(ContractFault) as fault:
        load_contract(path)
    assert sentence in str(fault.value) and "s3cret0value" not in str(fault.value)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_address_of_this_machine_may_be_http(pulls: PullWorld, host: str) -> None:
    pulls.contract(KOBO, GOOD | {"server": f"http://{host}"})
    source = load_contract(pulls.settings.partners / KOBO / "contract.yml").source
    assert source and source.server_name == host


def test_name_of_the_file_fits_the_contract(pulls: PullWorld) -> None:
    pulls.contract(KOBO, GOOD)
    path = pulls.settings.partners / KOBO / "contract.yml"
    assert load_contract(path).pulled_name == "kasuku_network_api.json"
    path.write_text(path.read_text() + 'files: "intake*.json"\n')
    with pytest.raises(ContractFault, match=r"does not read 'kasuku_network_api\.json'"):
        load_contract(path)


@pytest.mark.parametrize("serve", [PullWorld.kobo, PullWorld.odk])
def test_what_is_fetched_whole_is_full(pulls: PullWorld, serve: Callable[[PullWorld], object]) -> None:
    serve(pulls)
    (path,) = pulls.settings.partners.glob("*/contract.yml")
    load_contract(path)
    path.write_text(path.read_text().replace("mode: full", "mode: incremental"))
    with pytest.raises(ContractFault, match=r"write `delivery\.mode: full`"):
        load_contract(path)


def test_source_changes_nothing_of_what_has_landed(pulls: PullWorld) -> None:
    pulls.contract(KOBO, GOOD)
    path = pulls.settings.partners / KOBO / "contract.yml"
    before = load_contract(path)
    pulls.contract(KOBO, GOOD | {"server": "https://eu.kobotoolbox.org"})
    after = load_contract(path)
    assert (before.contract_hash, before.reading_hash) == (after.contract_hash, after.reading_hash)
    assert "kf.example" not in str(before.content)
