"""HTTPS requests to a source's server, within the limits of the source.

A request is retried as a whole, with the reading of its response, which may break off in the middle. Raises
PullFailed with a sentence that holds neither the secret nor an address.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
import urllib3

from orchestration.intake.pulling.limits import CONNECT_SECONDS, READ_SECONDS, BrokenOff, Limits, TryAgain
from orchestration.intake.pulling.session import SourceSession
from orchestration.intake.pulling.state import PullFailed

BUSY = {408, 425, 429, 500, 502, 503, 504}
NOT_MODIFIED = 304
_BROKEN_OFF = (
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.DecodeError,
)

Read = TypeVar("Read")


class Server:
    """A source's server. `refused`, `missing` and `web_page` are sentences for 401 or 403, 404, and HTML."""

    def __init__(self, address: str, limits: Limits, refused: str, missing: str, web_page: str) -> None:
        self.limits = limits
        self._refused, self._missing, self._web_page = refused, missing, web_page
        self._session = SourceSession(address)

    def authorize(self, header: str) -> None:
        """Send an `Authorization` header from now on."""
        self._session.authorization = header

    def close(self) -> None:
        self._session.close()

    def request(
        self,
        address: str,
        read: Callable[[Response], Read],
        *,
        parameters: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        post: Mapping[str, str] | None = None,
    ) -> Read:
        """Send a request and return what `read` makes of its response; each try calls `read` anew.

        With `post` it is a POST of that JSON object, else a GET. The text of a fault holds the address, so it
        is dropped.
        """
        asked = {"params": parameters, "headers": headers, "json": post}
        method = "GET" if post is None else "POST"
        return self.limits.keep_trying(lambda: self._try_once(read, method, address, asked))

    def log_out(self, address: str) -> None:
        """End a session with one request. A failure is ignored: a session expires after a day."""
        with suppress(requests.RequestException, PullFailed):
            self._session.delete(address, timeout=CONNECT_SECONDS, stream=True).close()

    def _try_once(
        self, read: Callable[[Response], Read], method: str, address: str, asked: Mapping[str, Any]
    ) -> Read:
        try:
            with closing(
                self._session.request(
                    method, address, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS), **asked
                )
            ) as response:
                self.limits.check_time()
                if response.status_code in BUSY:
                    raise TryAgain(f"answers with status {response.status_code}", _retry_after(response))
                self._refuse(response)
                return read(Response(response, self.limits))
        except requests.TooManyRedirects:
            raise PullFailed(
                "the server redirects without end. Check `source` in the contract, and ask whoever runs the "
                "server."
            ) from None
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
            raise PullFailed(f"{self._refused} (status {status}).")
        if status in (404, 410):
            raise PullFailed(f"{self._missing} (status {status}).")
        if status >= 300 and status != NOT_MODIFIED:
            raise PullFailed(
                f"the server answers with status {status}, which Njia cannot use. Check `source` in the "
                "contract, and ask whoever runs the server."
            )
        if response.headers.get("Content-Type", "").partition(";")[0].strip().casefold() == "text/html":
            raise PullFailed(self._web_page)


class Response:
    """A response within the limits of the source: its status, its headers, and its body, read once."""

    def __init__(self, response: requests.Response, limits: Limits) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._response, self._limits = response, limits

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it arrives; a body shorter than it says raises an error that is tried again."""
        size = 0
        while chunk := self._response.raw.read1(1 << 16, decode_content=True):
            size += len(chunk)
            self._limits.check_size(size)
            self._limits.check_time()
            yield chunk

    def object(self) -> dict[str, Any]:
        """Return the body as a JSON object."""
        try:
            content = json.loads(b"".join(self.chunks()))
        except (ValueError, RecursionError):
            raise BrokenOff from None
        if not isinstance(content, dict):
            raise PullFailed("the server answers in another way than documented: no JSON object.")
        return content


def _retry_after(response: requests.Response) -> float:
    """Return the seconds that `Retry-After` asks for; 0 where it is missing or not readable."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return 0.0
