"""The form server of one source: its secret, requests, and limits of size, time and tries.

A request is retried as a whole, with the reading of its response, which may break off in the middle. Raises
PullFailed with a sentence that holds neither the secret nor an address.
"""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import closing, suppress
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import requests
import urllib3

from orchestration.contracts import AnySource
from orchestration.core import Settings, secret_from
from orchestration.intake.pulling.state import Mark, PullFailed

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 10.0, 60.0, 1800.0
PAUSES = (1.0, 4.0, 15.0, 60.0)  # after the first tries; the last try has none
LONGEST_PAUSE = 120.0
MEGABYTE = 1 << 20
BUSY = {408, 425, 429, 500, 502, 503, 504}
NOT_MODIFIED = 304
_BROKEN_OFF = (
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.DecodeError,
)

Made = TypeVar("Made")


class TryAgain(Exception):
    """A fault that may pass. `why` follows "the server"; `pause`: seconds that the server asks to wait."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.why, self.pause = why, pause


class BrokenOff(TryAgain):
    """An answer that is not complete."""

    def __init__(self) -> None:
        super().__init__("breaks off in the middle of its answer")


class Server:
    """A source's server during one pull, open until `close`; the time of the pull runs from here on.

    A kind of source is a subclass. `refused` and `missing` say what to do if the server refuses the secret
    or knows no such extract; the `place` of a new secret follows `refused`. No redirect is followed, so that
    the secret goes to the server of the contract alone.
    """

    refused: ClassVar[str]
    missing: ClassVar[str]

    def __init__(self, source: Any, secret: str, place: str) -> None:
        self.source, self.secret, self._place = source, secret, place
        self._until = time.monotonic() + WHOLE_SECONDS
        self._session = requests.Session()
        self._session.auth = lambda request: request  # in place of `.netrc`
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = "njia"

    def fetch(self, into: Path, mark: Mark) -> Mark | None:
        """Write the file whole to a path that exists; return its mark, None if the server has the same.

        Raises PullFailed.
        """
        raise NotImplementedError

    def authorize(self, header: str) -> None:
        self._session.headers["Authorization"] = header

    def close(self) -> None:
        self._session.close()

    def request(
        self,
        address: str,
        read: Callable[[Response], Made],
        *,
        parameters: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        post: Mapping[str, str] | None = None,
    ) -> Made:
        """Send a request and return what `read` makes of its response; each try calls `read` anew.

        With `post` it is a POST of that JSON object, else a GET. The text of a fault holds the address, so it
        is dropped.
        """
        asked = {"params": parameters, "headers": headers, "json": post}
        method = "GET" if post is None else "POST"
        for pause in (*PAUSES, None):
            try:
                return self._try_once(read, method, address, asked)
            except TryAgain as fault:
                why, asked_pause = fault.why, fault.pause
            if pause is not None:
                time.sleep(min(max(pause, asked_pause), LONGEST_PAUSE))
                self.check_time()
        raise PullFailed(
            f"the server {why}, {len(PAUSES) + 1} times. The next pull tries again; if it goes on, ask "
            "whoever runs the server."
        )

    def check_size(self, size: int) -> None:
        if size > self.source.most_megabytes * MEGABYTE:
            raise PullFailed(
                f"the file is larger than {self.source.most_megabytes} MB. If that is right, raise "
                "`source.most_megabytes` in the contract."
            )

    def within_time(self, work: Callable[[], Made]) -> Made:
        """Return what `work` returns; raise PullFailed when the time is over, and leave `work` to its thread.

        The time-outs of a socket begin anew with every byte, so a server that trickles would hold up the
        pull, and the refresh that waits for it. The thread ends with the process or at its next `check_time`.
        """
        result: Future[Made] = Future()

        def run() -> None:
            try:
                result.set_result(work())
            except BaseException as fault:
                result.set_exception(fault)

        threading.Thread(target=run, daemon=True).start()
        if wait([result], max(self._until - time.monotonic(), 0.0)).not_done:
            raise _too_late()
        return result.result()

    def check_time(self) -> None:
        if time.monotonic() > self._until:
            raise _too_late()

    def log_out(self, address: str) -> None:
        """End a session with one request. A failure is ignored: a session expires after a day."""
        with suppress(requests.RequestException):
            self._send("DELETE", address).close()

    def _send(self, method: str, address: str, **asked: Any) -> requests.Response:
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        return self._session.request(
            method, address, stream=True, allow_redirects=False, timeout=timeout, **asked
        )

    def _try_once(
        self, read: Callable[[Response], Made], method: str, address: str, asked: Mapping[str, Any]
    ) -> Made:
        try:
            with closing(self._send(method, address, **asked)) as response:
                self.check_time()
                if response.status_code in BUSY:
                    raise TryAgain(f"answers with status {response.status_code}", _retry_after(response))
                self._refuse(response)
                return read(Response(response, self))
        except requests.exceptions.SSLError:
            raise PullFailed(
                "the certificate of the server cannot be trusted. Check `source` in the contract and the "
                "clock of this machine; if both are right, ask whoever runs the server."
            ) from None
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise TryAgain("does not answer in time") from None
        except _BROKEN_OFF:
            raise BrokenOff from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise TryAgain(f"cannot be reached ({type(error).__name__})") from None

    def _refuse(self, response: requests.Response) -> None:
        status = response.status_code
        if status in (401, 403):
            raise PullFailed(f"{self.refused} {self._place} (status {status}).")
        if status in (404, 410):
            raise PullFailed(f"{self.missing} (status {status}).")
        if response.is_redirect:
            raise PullFailed(
                f"the server redirects (status {status}), and the token goes to the server of the contract "
                "alone. Write the address that it leads to as `source.server`."
            )
        if status >= 300 and status != NOT_MODIFIED:
            raise PullFailed(
                f"the server answers with status {status}, which Njia cannot use. Check `source` in the "
                "contract, and ask whoever runs the server."
            )
        if response.headers.get("Content-Type", "").partition(";")[0].strip().casefold() == "text/html":
            raise PullFailed(
                "the server sends a web page where a form server sends data. Check `source.server` in the "
                "contract."
            )


class Response:
    """A response within the limits of its server: its status, its headers, and its body, read once."""

    def __init__(self, response: requests.Response, server: Server) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._response, self._server = response, server

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it arrives; a body shorter than it says raises an error that is tried again."""
        size = 0
        while chunk := self._response.raw.read1(1 << 16, decode_content=True):
            size += len(chunk)
            self._server.check_size(size)
            self._server.check_time()
            yield chunk

    def object(self) -> dict[str, Any]:
        try:
            content = json.loads(b"".join(self.chunks()))
        except (ValueError, RecursionError):
            raise BrokenOff from None
        if not isinstance(content, dict):
            raise PullFailed("the server answers in another way than documented: no JSON object.")
        return content


def _retry_after(response: requests.Response) -> float:
    """Return the seconds that `Retry-After` asks for; 0 where it is missing or not readable."""
    with suppress(KeyError, ValueError, OverflowError, urllib3.exceptions.InvalidHeader):
        return urllib3.Retry().parse_retry_after(response.headers["Retry-After"])
    return 0.0


def _too_late() -> PullFailed:
    return PullFailed(
        f"fetching takes longer than {WHOLE_SECONDS / 60:.0f} minutes. The next pull tries again."
    )


def existing(path: str, flags: int) -> int:
    """Open a file that exists: a fetch that was given up and goes on in its thread makes none anew."""
    return os.open(path, flags & ~os.O_CREAT)


def place_of_secret(settings: Settings, source: AnySource) -> str:
    file, variable = source.secret_at
    return f"into {settings.keys / file} (mode 0600)" if file else f"into the environment variable {variable}"


def read_secret(settings: Settings, source: AnySource) -> str:
    """Return the secret; raises PullFailed with a sentence that names its place, never its value."""
    file, variable = source.secret_at
    secret = _of_file(settings, file) if file else secret_from(str(variable))
    where = f"the file {file} in {settings.keys}" if file else f"the environment variable {variable}"
    if not secret:
        raise PullFailed(f"{where} holds no secret. Put it {place_of_secret(settings, source)}.")
    if not (secret.isascii() and secret.isprintable()):
        raise PullFailed(f"{where} holds more than one line, or signs that a token or password has not.")
    return secret


def _of_file(settings: Settings, name: str) -> str:
    path = settings.keys / name
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise PullFailed(
            f"the file {name} is not in {settings.keys}, or cannot be read. Put the secret there, alone in a "
            "file of mode 0600."
        ) from None
    with os.fdopen(handle, encoding="utf-8", errors="replace") as opened:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise PullFailed(f"{name} in {settings.keys} is no ordinary file.")
        if os.name == "posix" and status.st_mode & 0o077:
            raise PullFailed(
                f"other accounts may read {name} in {settings.keys}. Close it (chmod 600 '{path}'), and if "
                "somebody may have read it, have a new one made."
            )
        return opened.read(10_000).strip()
