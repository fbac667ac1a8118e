"""Fetch a CSV, XLSX or JSON file behind an HTTPS address, such as a published sheet."""

from __future__ import annotations

from pathlib import Path

from orchestration.intake.pulling.fetched import Connection, existing
from orchestration.intake.pulling.limits import BrokenOff
from orchestration.intake.pulling.server import NOT_MODIFIED, Response, Server
from orchestration.intake.pulling.state import Mark
from orchestration.intake.reading.first_bytes import kind_of


class HttpsFile(Connection):
    refused = "the server refuses to give the file; a token may have expired. A new one goes"
    missing = "there is no file at this address. Check `source.url`, and ask the partner for a new one"

    def fetch(self, into: Path, mark: Mark) -> Mark | None:
        if self.secret:
            self.server.authorize(f"Bearer {self.secret}")
        return download(self.server, self.source.url, into, mark)


def download(server: Server, address: str, into: Path, mark: Mark) -> Mark | None:
    """Write an address's file; return None if it is the one of the mark."""
    headers = {}
    if mark.etag:
        headers["If-None-Match"] = mark.etag
    elif mark.last_modified:
        headers["If-Modified-Since"] = mark.last_modified

    def read(response: Response) -> Mark | None:
        if response.status == NOT_MODIFIED:
            return None
        with open(into, "wb", opener=existing) as file:
            for chunk in response.chunks():
                file.write(chunk)
        if kind_of(into) == "broken_zip":  # its table of contents stands at the end
            raise BrokenOff
        return Mark(etag=response.headers.get("ETag"), last_modified=response.headers.get("Last-Modified"))

    return server.request(address, read, headers=headers)
