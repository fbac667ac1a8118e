"""Requests to a source's server: where a redirect may lead, who gets the secret, and certificates."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from orchestration.intake import pull
from tests.fixtures.form_servers import File, FormServer, Request, status
from tests.fixtures.mail_server import certificate_of_localhost
from tests.fixtures.pull_world import KOBO, ODK, PullWorld, pulls
from tests.needs import program

__all__ = ["pulls"]
Tls = tuple[Path, ssl.SSLContext]


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return certificate_of_localhost(tmp_path, program("openssl", "apt-get install openssl"))


@pytest.fixture
def other(pulls: PullWorld) -> File:
    """A server that no contract names: what it answers is no answer of KoboToolbox."""
    server = File(b"{}", "application/json")
    pulls.servers.append(server)
    return server


def reason(pulls: PullWorld) -> str:
    (ended,) = pull(pulls.settings)
    assert ended.outcome == "failed" and pulls.inbox(ended.partner) == []
    return str(ended.reason)


def netloc(server: FormServer) -> str:
    return server.address.partition("//")[2]


def secrets_at(server: FormServer) -> list[str | None]:
    return [request.headers["Authorization"] for request in server.asked]


def test_redirect_on_the_same_server_is_followed_with_the_token(pulls: PullWorld) -> None:
    kobo = pulls.kobo()
    path = f"/api/v2/assets/{kobo.asset}/data.json"
    for location in (f"{kobo.address}{path}", path, f"//{netloc(kobo)}{path}"):
        kobo.asked.clear()
        kobo.faults = [status(302, Location=location), status(307, Location=location)]
        (ended,) = pull(pulls.settings, again=True)
        assert ended.outcome == "fetched" and secrets_at(kobo) == [f"Token {kobo.token}"] * 3


@pytest.mark.parametrize("location", [
    "http://{other}/api",  # the same host, another port
    "//{other}/api",
    "http://{kobo}@{other}/api",
    "http://{other}\\@{kobo}/api",
    "http://{other}\t\\@{kobo}/api",
    "http://{other}#@{kobo}/api",
    "http://{other}?@{kobo}/api",
])  # fmt: skip
def test_redirect_elsewhere_carries_no_token(pulls: PullWorld, other: File, location: str) -> None:
    kobo = pulls.kobo()
    kobo.faults = [status(302, Location=location.format(other=netloc(other), kobo=netloc(kobo)))]
    assert "another way than KoboToolbox documents" in reason(pulls)
    assert secrets_at(kobo) == [f"Token {kobo.token}"] and secrets_at(other) == [None]


def test_secret_that_the_redirect_itself_brings_is_not_sent(pulls: PullWorld, other: File) -> None:
    kobo = pulls.kobo()
    kobo.faults = [status(302, Location=f"http://me:s3cret0value@{netloc(other)}/api")]
    assert "s3cret0value" not in reason(pulls) and secrets_at(other) == [None]


@pytest.mark.parametrize("location", [
    "ftp://{kobo}/api", "http://{kobo}0000/api", "http://[/api", "http://sheets.example/x", "file:///etc/passwd",
])  # fmt: skip
def test_redirect_to_no_address_of_the_web_is_refused(pulls: PullWorld, location: str) -> None:
    kobo = pulls.kobo()
    kobo.faults = [status(302, Location=location.format(kobo=netloc(kobo)))]
    assert "redirects to an address that is not https" in reason(pulls)


def test_redirects_without_end_are_a_sentence(pulls: PullWorld) -> None:
    kobo = pulls.kobo()
    kobo.faults = [status(302, Location="/again")] * 20
    assert "redirects without end" in reason(pulls) and len(kobo.faults) == 20 - 6


def test_redirect_is_followed_before_its_body_ends(pulls: PullWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.intake.pulling.server.READ_SECONDS", 2.0)
    kobo, ended = pulls.kobo(), threading.Event()

    def never_ends(request: Request) -> None:
        request.send_response(302)
        request.send_header("Location", f"{request.path}&followed=yes")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"5\r\nmoved\r\n")
        ended.wait(60)

    kobo.faults = [never_ends]
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]
    ended.set()
    assert [request.query.get("followed") for request in kobo.asked] == [None, "yes"]


@pytest.mark.parametrize("number", [302, 307])
def test_password_is_not_sent_after_a_redirect_of_the_log_in(
    pulls: PullWorld, other: File, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    odk = pulls.odk()
    redirect = status(number, Location=f"{other.address}/v1/sessions")
    monkeypatch.setattr(odk, "answer", redirect)
    assert "redirects the log-in" in reason(pulls) and other.asked == []


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
    monkeypatch.setattr("orchestration.intake.pulling.limits.WHOLE_SECONDS", 3.0)
    kobo, over, given_up = pulls.kobo(), threading.Event(), threading.Event()
    pulls.sheet()

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
    failed, sheet = pull(pulls.settings)
    over.set()
    assert "takes longer than" in str(failed.reason) and pulls.inbox(KOBO) == []
    assert sheet.outcome == "fetched" and not given_up.is_set()


def over_tls(pulls: PullWorld, tls: Tls, monkeypatch: pytest.MonkeyPatch, host: str) -> FormServer:
    """Return a trusted KoboToolbox behind HTTPS, whose contract calls it by `host`."""
    kobo = pulls.kobo()
    kobo.use(tls[1])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls[0]))
    address = kobo.address.replace("127.0.0.1", host)
    found = socket.getaddrinfo

    def resolved(name: str, *given: object, **named: object) -> object:
        return found("127.0.0.1" if name == host else name, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    pulls.contract(
        KOBO, {"kind": "kobotoolbox", "server": address, "asset": kobo.asset, "token_file": "kasuku.token"}
    )
    return kobo


def test_redirect_from_https_to_http_is_refused(
    pulls: PullWorld, other: File, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    kobo = over_tls(pulls, tls, monkeypatch, "127.0.0.1")
    kobo.faults = [status(302, Location=f"{other.address}/api")]
    assert "not https, or to this machine" in reason(pulls) and other.asked == []


@pytest.mark.parametrize(
    "location", ["https://127.0.0.1:{port}/api", "https://127.0.0.1:{port}\\@{kobo}/api"]
)
def test_redirect_from_another_server_to_this_machine_is_refused(
    pulls: PullWorld, tls: Tls, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    kobo = over_tls(pulls, tls, monkeypatch, "forms.fixture")
    port = kobo.address.rpartition(":")[2]
    kobo.faults = [status(302, Location=location.format(port=port, kobo=f"forms.fixture:{port}"))]
    assert "not https, or to this machine" in reason(pulls) and len(kobo.asked) == 1
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"], "the server itself is trusted"


def test_session_over_tls_is_closed(pulls: PullWorld, tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    odk = pulls.odk()
    odk.use(tls[1])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls[0]))
    given = {"kind": "odk_central", "server": odk.address, "project": 7, "form": odk.form}
    pulls.contract(ODK, given | {"email": odk.email, "password_file": "kifaru.password"})
    assert [one.outcome for one in pull(pulls.settings)] == ["fetched"]
    assert [request.command for request in odk.asked] == ["POST", "GET", "DELETE"] and not odk.sessions
