"""Requests to a form server: redirects, answers without end, and a session over TLS."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from orchestration.intake import pull
from tests.fixtures.form_servers import Request, status
from tests.fixtures.mail_server import certificate_of_localhost
from tests.fixtures.pull_world import KOBO, ODK, PullWorld, pulls
from tests.needs import program

__all__ = ["pulls"]


def reason(pulls: PullWorld) -> str:
    (ended,) = pull(pulls.settings)
    assert ended.outcome == "failed" and pulls.inbox(ended.partner) == []
    return str(ended.reason)


@pytest.mark.parametrize("number", [301, 302, 307, 308])
def test_redirect_is_a_sentence_and_carries_no_token_elsewhere(pulls: PullWorld, number: int) -> None:
    other = pulls.kobo()
    kobo = pulls.kobo()
    kobo.faults = [status(number, Location=f"{other.address}/api")]
    assert "Write the address that it leads to as `source.server`" in reason(pulls)
    assert len(kobo.asked) == 1 and other.asked == []


@pytest.mark.parametrize("number", [302, 307])
def test_password_is_not_sent_after_a_redirect_of_the_log_in(
    pulls: PullWorld, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, odk = pulls.odk(), pulls.odk()
    monkeypatch.setattr(odk, "answer", status(number, Location=f"{other.address}/v1/sessions"))
    assert "the server redirects" in reason(pulls) and other.asked == []


def trickles_headers(request: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX-Fixture: "
    while True:
        yield b"x"


def trickles_continue(request: Request) -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


def trickles_nothing_but_compression(request: Request) -> Iterator[bytes]:
    """The name in a gzip header may be of any length, and gives no content."""
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n"
    yield b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"
    while True:
        yield b"x"


@pytest.mark.parametrize("trickle", [trickles_headers, trickles_continue, trickles_nothing_but_compression])
def test_server_that_sends_a_little_without_end_delays_no_other_source(
    pulls: PullWorld, monkeypatch: pytest.MonkeyPatch, trickle: Callable[[Request], Iterator[bytes]]
) -> None:
    monkeypatch.setattr("orchestration.intake.pulling.server.WHOLE_SECONDS", 3.0)
    kobo, over, given_up = pulls.kobo(), threading.Event(), threading.Event()
    pulls.odk()

    def slowly(request: Request) -> None:
        with suppress(OSError):
            for number, sent in enumerate(trickle(request)):
                request.wfile.write(sent)
                if over.wait(0.05):
                    return
                if number == 400:
                    given_up.set()
                    return

    kobo.faults = [slowly]
    failed, odk = pull(pulls.settings)
    over.set()
    assert "takes longer than" in str(failed.reason) and pulls.inbox(KOBO) == []
    assert odk.outcome == "fetched" and not given_up.is_set()


def test_session_over_tls_is_closed(
    pulls: PullWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate, tls = certificate_of_localhost(tmp_path, program("openssl", "apt-get install openssl"))
    odk = pulls.odk()
    odk.use(tls)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    given = {"kind": "odk_central", "server": odk.address, "project": 7, "form": odk.form}
    pulls.contract(ODK, given | {"email": odk.email, "password_file": "kifaru.password"})
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]
    assert [request.command for request in odk.asked] == ["POST", "GET", "DELETE"] and not odk.sessions
