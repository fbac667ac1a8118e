"""Fetch a form of KoboToolbox (API v2) or ODK Central.

KoboToolbox gives at most 1,000 submissions a page and no value that moves with each edit, so the whole form
is fetched each time, as one JSON file. Submissions are written as they came, in the order of `_id`, each
once. A page begins with the last submission of the page before: if another stands there, one was deleted
meanwhile.

ODK Central gives the zip of its tables (`submissions.csv.zip`), without media. A session is opened with the
password of a web user and closed afterwards. From version 2026.1 on, Central says by ETag whether anything
changed; of earlier ones the members of the zip are compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from orchestration.intake.pulling.server import NOT_MODIFIED, BrokenOff, Response, Server, existing
from orchestration.intake.pulling.state import Mark, PullFailed
from orchestration.intake.reading.any_file import kind_of

PAGE = 1_000
ROUNDS = 3
_OTHERWISE = (
    "the server answers in another way than KoboToolbox documents (count, next, results with _id). Check "
    "`source.server` and `source.asset` in the contract."
)


class _Moved(Exception):
    """The form changed between two pages."""


class KoboToolbox(Server):
    refused = "the server refuses the token; it may have expired or been replaced. Put a new one"
    missing = "the server knows no such form, or the token may not see it. Check `source.asset`"

    def fetch(self, into: Path, mark: Mark) -> Mark:
        """Write the whole form; if it changes between two pages, begin again."""
        self.authorize(f"Token {self.secret}")
        for number in range(1, ROUNDS + 1):
            try:
                return self._fetch_whole(into, is_last=number == ROUNDS)
            except _Moved:
                continue
        raise PullFailed(
            f"the form changed {ROUNDS} times while it was fetched. The next pull tries again, best at an "
            "hour when few submissions come in."
        )

    def _fetch_whole(self, into: Path, is_last: bool) -> Mark:
        address = f"{self.source.server}/api/v2/assets/{self.source.asset}/data.json"
        seen: set[Any] = set()
        received, stated, last = 0, None, None
        # Half a character, which UTF-8 cannot hold, is written as the escape that it came as.
        as_sent: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "newline": "\n"}
        with open(into, "w", opener=existing, **as_sent) as file:
            file.write('{"next": null, "previous": null, "results": [')
            while True:
                start = max(received - 1, 0)
                at: dict[str, str | int] = {"limit": PAGE, "start": start, "sort": '{"_id": 1}'}
                count, records, is_end = _page(self.request(address, Response.object, parameters=at))
                stated = count if stated is None else stated
                if received and (not records or _id_of(records.pop(0)) != last):
                    raise _Moved
                if count != stated or not (records or is_end):
                    raise _Moved
                for record in records:
                    last = _id_of(record)
                    if last not in seen:
                        file.write(f"{',' if seen else ''}\n{json.dumps(record, ensure_ascii=False)}")
                    seen.add(last)
                received += len(records)
                self.check_size(file.tell())
                if is_end:
                    break
            file.write(f'\n], "count": {len(seen)}}}\n')
        # A submission that appears on two pages may have pushed another one past a page's end.
        if received != stated or (len(seen) != received and not is_last):
            raise _Moved
        if not seen:
            raise PullFailed(
                "the form holds no submission that the token may see. If it has some, its account needs the "
                "right to view all submissions of the form."
            )
        return Mark(records=len(seen))


def _page(page: dict[str, Any]) -> tuple[int, list[Any], bool]:
    """Return the count of the whole form, the submissions of a page, and whether it is the last page."""
    count, records = page.get("count"), page.get("results")
    if not isinstance(count, int) or not isinstance(records, list) or "next" not in page:
        raise PullFailed(_OTHERWISE)
    return count, records, not page["next"]


def _id_of(record: Any) -> int:
    found = record.get("_id") if isinstance(record, dict) else None
    if not isinstance(found, int):
        raise PullFailed(_OTHERWISE)
    return found


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
