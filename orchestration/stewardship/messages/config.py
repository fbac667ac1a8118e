"""Settings of messages: the YAML file that NJIA_NOTIFY names; without one, only the folder of notices.

It holds no password, but names a file or an environment variable with one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from orchestration.core import Settings, UsageError

Role = Literal["steward", "operator", "member"]
ROLES: tuple[Role, ...] = ("steward", "operator", "member")
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipients(Strict):
    """Mail addresses by role; one address may have several. A member gets alerts alone."""

    steward: tuple[Address, ...] = ()
    operator: tuple[Address, ...] = ()
    member: tuple[Address, ...] = ()

    def by_address(self) -> dict[str, frozenset[Role]]:
        found: dict[str, set[Role]] = {}
        for role in ROLES:
            for address in getattr(self, role):
                found.setdefault(address, set()).add(role)
        return {address: frozenset(roles) for address, roles in found.items()}


class Notify(Strict):
    """`name_partners`: whether messages that leave this machine may. `channels`: the options of each."""

    language: Literal["en", "sw"] = "en"
    name_partners: bool = False
    recipients: Recipients = Recipients()
    channels: tuple[dict[str, Any], ...] = Field(default=({"type": "file"},), min_length=1)


def read_notify(settings: Settings) -> Notify:
    """Read the settings of messages; raises UsageError with every fault."""
    path = settings.notify
    if path is None:
        return Notify()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"NJIA_NOTIFY names {path}, which cannot be read ({error.strerror}).") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UsageError(f"{path} is not YAML in UTF-8.") from None
    if not isinstance(content, dict):
        raise UsageError(f"{path} holds no settings. It begins with `channels:`.")
    try:
        return Notify.model_validate(content)
    except ValidationError as error:
        raise UsageError(f"{path}: {problems(error)}") from None


def problems(error: ValidationError) -> str:
    """Return place and kind of each fault, never the value: it may be a misplaced password."""
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'the whole'}: {one['msg']}"
        for one in error.errors(include_input=False, include_url=False)
    )
