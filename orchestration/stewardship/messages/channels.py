"""Channels: the folder `notices/`, and the URLs of the operator's file, to which `apprise` sends.

A URL holds secrets: everything else names a channel by its name, and apprise's own words go nowhere.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from orchestration.core import (
    Settings,
    UsageError,
    append_json,
    keep_last_lines,
    remove_summed,
    secret_from,
    write_summed,
)
from orchestration.stewardship.messages.events import ROLES, Message, Role

if TYPE_CHECKING:
    from apprise import NotifyBase

NOTICES = "notices"
LINES = "notices.jsonl"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_NAME = r"^[a-z][a-z0-9_-]{0,30}$"
_GUIDE = "See docs/operator.md, Send messages."


class Undelivered(Exception):
    """Why a message was not sent, for the operator, without a secret."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Channel(_Strict):
    """One recipient: its roles, and its URL or the environment variable that holds it."""

    roles: tuple[Role, ...] = Field(min_length=1)
    url: SecretStr | None = None
    url_env: str | None = None

    @model_validator(mode="after")
    def _one_url(self) -> Channel:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either `url` or `url_env`")
        return self


class Notify(_Strict):
    """`name_partners`: whether messages that leave this machine may name partners."""

    language: Literal["en", "sw"] = "en"
    name_partners: bool = False
    channels: dict[Annotated[str, StringConstraints(pattern=_NAME)], Channel] = {}

    def roles(self) -> dict[str, frozenset[Role]]:
        """Return the roles of every channel; the folder of notices has all."""
        own = {name: frozenset(channel.roles) for name, channel in self.channels.items()}
        return {NOTICES: frozenset(ROLES)} | own


def read_notify(settings: Settings) -> Notify:
    """Read the file of NJIA_NOTIFY; raises UsageError with every fault, without a value."""
    path = settings.notify
    if path is None:
        return Notify()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        notify = Notify.model_validate(content)
        is_open = path.stat().st_mode & 0o077 != 0
    except OSError as error:
        raise UsageError(f"NJIA_NOTIFY names {path}, which cannot be read ({error.strerror}).") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UsageError(f"{path} is not YAML in UTF-8.") from None
    except ValidationError as error:
        raise UsageError(f"{path}: {_problems(error)}. {_GUIDE}") from None
    if is_open and any(channel.url for channel in notify.channels.values()):
        raise UsageError(
            f"Other accounts may read {path}, which holds URLs with secrets. Close it (chmod 600 '{path}'), "
            "and if somebody may have read it, have new secrets made."
        )
    if NOTICES in notify.channels:
        raise UsageError(f"{path}: `{NOTICES}` is the folder; give the channel another name.")
    return notify


def send(channel: Channel, message: Message) -> None:
    """Send a message to a channel; raises Undelivered."""
    url = channel.url.get_secret_value() if channel.url else secret_from(str(channel.url_env))
    if not url:
        raise Undelivered(f"the environment variable {channel.url_env} holds no URL.")
    from apprise import Apprise

    logging.getLogger("apprise").propagate = False  # it logs URLs, urllib3 their paths
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        sender = Apprise()
        sender.add(_fit(Apprise.instantiate(url)))
        result = sender.notify(body=message.text, title=message.subject, body_format="text")
        log_lines = " ".join(entry.message for entry in result.logs())
    except Undelivered:
        raise
    except Exception as error:  # its text may hold the URL
        raise Undelivered(f"apprise fails with {type(error).__name__}.") from None
    if not result:
        code = re.search(r"(?:error=|\()(\d{3})\b", log_lines)
        why = f"answers with code {code[1]}" if code else "cannot be reached, or takes no message"
        raise Undelivered(f"the server {why}. Check its URL, and whether the server runs.")


def write_notice(settings: Settings, message: Message) -> None:
    """Write a text and a JSON line into the folder; raises Undelivered."""
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%SZ}-{message.key[:8]}.txt"
    line = {
        "time": now.replace(microsecond=0).isoformat(),
        "subject": message.subject,
        "text": name,
        "events": [
            {"id": event.id, "kind": event.kind, "partner": event.partner, "path": event.path}
            for event in message.events
        ],
    }
    try:
        write_summed(settings.notices / name, f"{message.subject}\n\n{message.text}")
        append_json(settings.notices / LINES, line)
    except OSError as error:
        raise Undelivered(f"{settings.notices} cannot be written ({error.strerror}).") from None


def keep_newest_notices(folder: Path, number: int) -> int:
    """Delete all but the newest messages; return how many. The caller holds the lock of the ledger."""
    old = sorted(folder.glob("*Z-*.txt"))[:-number]
    for path in old:
        remove_summed(path)
    keep_last_lines(folder / LINES, number)
    return len(old)


def _fit(service: NotifyBase | None) -> NotifyBase:
    """Return the service; raise Undelivered for none, several recipients, or a server without encryption."""
    if service is None:
        raise Undelivered(
            "its URL is of no service that apprise knows, or lacks a part: https://appriseit.com/services/."
        )
    if len(service) > 1:
        raise Undelivered(
            "its URL has several recipients, or `retry`. Give each recipient a channel of its own."
        )
    has_both = service.protocol and service.secure_protocol
    if has_both and not service.secure and service.host and service.host not in LOOPBACK_HOSTS:
        raise Undelivered("its URL sends in clear. Use the scheme that ends with s, such as mailtos, jsons.")
    return service


def _problems(error: ValidationError) -> str:
    """Return place and kind of each fault, never a value."""
    return "; ".join(
        f"{'.'.join(map(_shown, fault['loc'])) or 'the file'}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )


def _shown(key: int | str) -> str:
    """Return a key as messages show it: not where it may be a misplaced URL."""
    return str(key) if re.fullmatch(r"[a-z0-9_-]{1,31}", str(key)) else "…"
