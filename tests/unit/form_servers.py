"""Servers on loopback that speak the documented interfaces of KoboToolbox, ODK Central and a file's address."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

LOOPBACK = "127.0.0.1"
Fault = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One question to a server, and the means to answer it."""

    protocol_version = "HTTP/1.1"
    of: FormServer

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_DELETE = do_GET

    def _answer(self) -> None:
        self.close_connection = True
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        self.asked_path, self.query = (
            parts.path,
            {name: found[0] for name, found in parse_qs(parts.query).items()},
        )
        self.of.asked.append(self)
        if self.of.faults and self.command == "GET":
            fault = self.of.faults.pop(0)
            if fault is not None:
                fault(self)
                return
        self.of.answer(self)

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, found: Any, status: int = 200) -> None:
        self.send(status, json.dumps(found).encode(), Content_Type="application/json")

    def log_message(self, *_: object) -> None:
        pass


class FormServer:
    """A server; `faults` answer the next questions in place of it, None lets one pass."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.faults: list[Fault | None] = []
        handler = type("Handler", (Request,), {"of": self})
        self._server = ThreadingHTTPServer((LOOPBACK, 0), handler)
        self._server.daemon_threads = True
        self._scheme = "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"{self._scheme}://{LOOPBACK}:{self._server.server_port}"

    def use(self, tls: ssl.SSLContext) -> None:
        """Speak HTTPS from now on."""
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    def answer(self, request: Request) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


# --- faults --------------------------------------------------------------------------------------


def breaks_off(request: Request) -> None:
    """The connection ends in the middle of the answer."""
    request.send(
        200, b'{"count": 3, "next": null, "resul', Content_Length="5000", Content_Type="application/json"
    )


def breaks_off_in_chunks(request: Request) -> None:
    """The same without a stated length."""
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"5\r\nevent\r\n5\r\n_o")


def hangs_up(request: Request) -> None:
    """The connection ends without an answer."""


def status(number: int, **headers: str) -> Fault:
    return lambda request: request.send(number, b"not now", **headers)


def log_in_page(request: Request) -> None:
    page = b"<!DOCTYPE html><html><form>Log in</form></html>"
    request.send(200, page, Content_Type="text/html; charset=utf-8")


# --- the three interfaces ------------------------------------------------------------------------


class Kobo(FormServer):
    """KoboToolbox API v2: `GET /api/v2/assets/{uid}/data.json?limit=&start=&sort=` with a token."""

    def __init__(self, submissions: list[dict[str, Any]], most: int = 1000) -> None:
        super().__init__()
        self.submissions, self.most = submissions, most
        self.asset, self.token = "aFixtureForm1234567890", "f1xture0token0of0a0test"

    def answer(self, request: Request) -> None:
        if request.headers.get("Authorization") != f"Token {self.token}":
            request.send_json({"detail": "Invalid token."}, 401)
        elif request.asked_path != f"/api/v2/assets/{self.asset}/data.json":
            request.send_json({"detail": "Not found."}, 404)
        else:
            request.send_json(self.page(request, self.submissions))

    def page(self, request: Request, submissions: list[dict[str, Any]]) -> dict[str, Any]:
        start, limit = int(request.query.get("start", 0)), int(request.query.get("limit", 100))
        if request.query.get("sort") == '{"_id": 1}':
            submissions = sorted(submissions, key=lambda one: one["_id"])
        end = start + min(limit, self.most)
        address = f"{self.address}{request.asked_path}?limit={limit}&start={end}"
        return {
            "count": len(submissions),
            "next": address if end < len(submissions) else None,
            "previous": None,
            "results": submissions[start:end],
        }


class File(FormServer):
    """One file at every address, with ETag and Last-Modified where they are set."""

    def __init__(self, content: bytes, content_type: str = "text/csv; charset=utf-8") -> None:
        super().__init__()
        self.content, self.content_type = content, content_type
        self.etag: str | None = None
        self.last_modified: str | None = None

    def answer(self, request: Request) -> None:
        known = {"ETag": self.etag, "Last_Modified": self.last_modified}
        headers = {name: value for name, value in known.items() if value}
        asked = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
        if (self.etag and asked[0] == self.etag) or (self.last_modified and asked[1] == self.last_modified):
            request.send(304, **headers)
        else:
            request.send(200, self.content, Content_Type=self.content_type, **headers)


class Central(FormServer):
    """ODK Central: a session for an e-mail address and a password, and the zip of a form's tables."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content, self.form = content, "intake form"
        self.email, self.password = "njia@fixture.example", "f1xture passphrase"
        self.etag: str | None = None
        self.sessions: set[str] = set()

    def answer(self, request: Request) -> None:
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if request.command == "POST" and request.asked_path == "/v1/sessions":
            if json.loads(request.body) != {"email": self.email, "password": self.password}:
                request.send_json({"code": 401.2, "message": "Could not authenticate."}, 401)
                return
            self.sessions.add(made := f"session{len(self.asked)}")
            request.send_json({"token": made, "expiresAt": "2099-01-01T00:00:00.000Z", "csrf": "x"})
        elif token not in self.sessions:
            request.send_json({"code": 401.2, "message": "Could not authenticate."}, 401)
        elif request.command == "DELETE" and request.asked_path == "/v1/sessions/current":
            self.sessions.remove(token)
            request.send_json({"success": True})
        elif request.asked_path != f"/v1/projects/7/forms/{quote(self.form)}/submissions.csv.zip":
            request.send_json({"code": 404.1, "message": "Could not find the resource."}, 404)
        elif self.etag and request.headers.get("If-None-Match") == self.etag:
            request.send(304, ETag=self.etag)
        else:
            headers = {"ETag": self.etag} if self.etag else {}
            request.send(200, self.content, Content_Type="application/zip", **headers)
