"""A desk without a server: its accounts, and a visitor who logs in, reads pages and sends their forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import Any
from unittest import mock

from argon2 import PasswordHasher
from starlette.testclient import TestClient

from orchestration import gates, release
from orchestration.core import Settings
from orchestration.operations import read_status
from orchestration.operations.next_run import read_next_run
from orchestration.stewardship import desk
from orchestration.stewardship.desk import accounts
from orchestration.stewardship.desk.app import make_app

ADDRESS = "http://127.0.0.1:3030"
STEWARD, SECOND, OBSERVER, READER, OPERATOR = (
    "A. Steward", "B. Steward", "A. Observer", "A. Reader", "A. Operator",
)  # fmt: skip
PASSPHRASE = "several words for nobody"  # noqa: S105
ELSEWHERE = desk.Elsewhere(
    release.current_release,
    release.list_releases,
    release.fit_to_return,
    release.rollback,
    release.waiver_effect,
    read_status,
    gates.differences,
    read_next_run,
)
_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
Fields = Iterable[tuple[str, str]]


def make_accounts(settings: Settings) -> None:
    """Their hashes are weak, so that logging in costs a test nothing: `test_desk_accounts` has real ones."""
    with mock.patch.object(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)):
        _make_accounts(settings)


def _make_accounts(settings: Settings) -> None:
    desk.add_account(settings, STEWARD, PASSPHRASE)
    desk.add_account(settings, SECOND, PASSPHRASE)
    desk.add_account(settings, OBSERVER, PASSPHRASE, ["observer"])
    desk.add_account(settings, READER, PASSPHRASE, ["reader"])
    desk.add_account(settings, OPERATOR, PASSPHRASE, ["operator"])


class Visitor:
    """One browser, on pages of our own. `app` may be shared, so that several visit the same desk."""

    def __init__(self, app: Any, address: str = ADDRESS, client: str = "127.0.0.1") -> None:
        self.browser = TestClient(
            app,
            base_url=address,
            follow_redirects=False,
            headers={"Origin": address},
            client=(client, 50_000),
        )

    def get(self, path: str) -> Any:
        return self.browser.get(path)

    def login(self, name: str = STEWARD, passphrase: str = PASSPHRASE, to: str = "/") -> Any:
        return self.browser.post("/login", data={"to": to, "name": name, "passphrase": passphrase})

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/").text)
        assert found, "nobody is logged in"
        return found[1]

    def preview(self, kind: str, reason: str = "the partner says so", **fields: Any) -> Any:
        sent = {"csrf": self.csrf(), "kind": kind, "reason": reason, "back": "/", **fields}
        return self.browser.post("/preview", data=sent)

    def confirm(self, previewed: Any) -> Any:
        """Send the form of a preview, and go on to the page that says that it is done."""
        assert previewed.status_code == 200, shown(previewed.text)
        form = previewed.text.partition('action="/decide"')[2].partition("</form>")[0]
        answer = self.browser.post("/decide", data=_as_data(hidden_fields(form)))
        return self.get(answer.headers["location"]) if answer.status_code == 303 else answer

    def decide(self, kind: str, reason: str = "the partner says so", **fields: Any) -> Any:
        return self.confirm(self.preview(kind, reason, **fields))


def visitor(settings: Settings, name: str | None = STEWARD, dagster: Any = None) -> Visitor:
    """Of a desk of its own; logged in unless `name` is None."""
    found = Visitor(make_app(settings, 3030, ELSEWHERE, dagster))
    if name:
        assert found.login(name).status_code == 303
    return found


def hidden_fields(page: str) -> list[tuple[str, str]]:
    return [(name, unescape(value)) for name, value in _FIELD.findall(page)]


def shown(page: str) -> str:
    """What stands on a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _as_data(fields: Fields) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return data
