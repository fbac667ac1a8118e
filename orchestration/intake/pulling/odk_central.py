"""Fetch a form of ODK Central as the zip of its tables (`submissions.csv.zip`), without media.

A session is opened with the password of a web user and closed afterwards. From version 2026.1 on, Central
says by ETag whether anything changed; of earlier ones the members of the zip are compared.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from orchestration.intake.pulling.server import NOT_MODIFIED, BrokenOff, Response, Server, existing
from orchestration.intake.pulling.state import Mark, PullFailed
from orchestration.intake.reading.any_file import kind_of


class OdkCentral(Server):
    refused = (
        "the server refuses the user and the password, or this user may not view submissions. Check "
        "`source.email` and the user's role; put a new password"
    )
    missing = "the server knows no such form. Check `source.project` and `source.form`"

    def fetch(self, into: Path, mark: Mark) -> Mark | None:
        """Log in, write the zip, log out; return None if the server says that nothing has changed."""
        source, sessions = self.source, f"{self.source.server}/v1/sessions"
        post = {"email": source.email, "password": self.secret}
        token = self.request(sessions, Response.object, post=post).get("token")
        if not isinstance(token, str):
            raise PullFailed(
                "the server answers in another way than ODK Central documents: no token at log-in."
            )
        self.authorize(f"Bearer {token}")
        try:
            form = f"projects/{source.project}/forms/{quote(source.form, safe='')}"
            address = f"{source.server}/v1/{form}/submissions.csv.zip?attachments=false"
            return self._download(address, into, mark)
        finally:
            self.log_out(f"{sessions}/current")

    def _download(self, address: str, into: Path, mark: Mark) -> Mark | None:
        def read(response: Response) -> Mark | None:
            if response.status == NOT_MODIFIED:
                return None
            with open(into, "wb", opener=existing) as file:
                for chunk in response.chunks():
                    file.write(chunk)
            if kind_of(into) == "broken_zip":  # its table of contents stands at the end
                raise BrokenOff
            return Mark(etag=response.headers.get("ETag"))

        return self.request(address, read, headers={"If-None-Match": mark.etag} if mark.etag else None)
