"""Accounts of `njia.db`, only a name, roles and an argon2id hash each; and what each role opens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from orchestration.core import Damaged, Settings, UsageError
from orchestration.intake import contact_in_prose
from orchestration.stewardship import store
from orchestration.stewardship.kinds.decision import same_author, spelling

SHORTEST_PASSPHRASE, LONGEST_PASSPHRASE = 12, 200
# The name becomes the author of decisions, which a release publishes.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 ._'-]{1,58}[A-Za-z0-9.]")
_HASHER = PasswordHasher()  # argon2id, RFC 9106's choice for little memory: 64 MiB, 3 passes


ROLES = {
    "reader": "views and downloads the members' files",
    "observer": "sees the desk, decides nothing",
    "steward": "sees the desk and decides",
    "operator": "uses the Dagster UI",
}
# What each part of the site asks for. The members' files are open to every account.
FILES, DESK, DECISIONS, DAGSTER, REFRESH = "files", "desk", "decisions", "dagster", "refresh"
TODAY = "today"  # of an operator, without a name or a row
_ROLES_OF = {
    FILES: frozenset(ROLES),
    DESK: frozenset({"observer", "steward"}),
    DECISIONS: frozenset({"steward"}),
    DAGSTER: frozenset({"operator"}),
    REFRESH: frozenset({"steward", "operator"}),
    TODAY: frozenset({"observer", "steward", "operator"}),
}


@dataclass(frozen=True)
class Account:
    """`name` becomes the author of decisions; `roles` are names of ROLES."""

    name: str
    passphrase_hash: str
    roles: tuple[str, ...] = ("steward",)

    def may_enter(self, part: str) -> bool:
        """Return whether a role of the account opens a part of the site."""
        return not _ROLES_OF[part].isdisjoint(self.roles)

    @property
    def is_read_only(self) -> bool:
        return not self.may_enter(DECISIONS)


def read_accounts(settings: Settings) -> list[Account]:
    """Return the accounts by name; raises Damaged for one with unknown roles, since guessing is unsafe."""
    query = "select name, passphrase_hash, roles from accounts order by spelling"
    accounts = [
        Account(name, hashed, tuple(roles.split())) for name, hashed, roles in store.rows(settings, query)
    ]
    if not all(account.roles and ROLES.keys() >= set(account.roles) for account in accounts):
        raise Damaged(settings.database, "an account in it has roles that there are not")
    return accounts


def add_account(
    settings: Settings, name: str, passphrase: str, roles: Sequence[str] = ("steward",)
) -> Account:
    """Add an account; raises UsageError for a taken or unfit name, and for a weak passphrase."""
    name = name.strip()
    if not _NAME.fullmatch(name) or contact_in_prose(name):
        raise UsageError(
            "A name has 3 to 60 letters, digits, spaces or . _ ' - and is printed with decisions, so it has "
            'no address and no number of a phone or document. Such as "A. Steward".'
        )
    account = Account(name, _hashed(passphrase, name), tuple(roles))
    new = (spelling(name), name, account.passphrase_hash, " ".join(roles))
    with store.transaction(settings) as con:
        if not con.execute("insert or ignore into accounts values (?, ?, ?, ?)", new).rowcount:
            raise UsageError(f"There is an account {name} already. `njia account list` shows them.")
    return account


def change_passphrase(settings: Settings, name: str, passphrase: str) -> None:
    """Change a passphrase, which ends the sessions under this name."""
    _change(settings, name, "update accounts set passphrase_hash = ?", _hashed(passphrase, name))


def change_roles(settings: Settings, name: str, roles: Sequence[str]) -> None:
    """Change the roles of an account; its sessions go on with them."""
    _change(settings, name, "update accounts set roles = ?", " ".join(roles))


def remove_account(settings: Settings, name: str) -> None:
    _change(settings, name, "delete from accounts")


def verified(settings: Settings, name: str, passphrase: str) -> Account | None:
    """Return the account of a passphrase. An unknown name takes as long as a wrong passphrase."""
    account = next((one for one in read_accounts(settings) if same_author(one.name, name)), None)
    stored = account.passphrase_hash if account else _hash_of_no_account()
    try:
        _HASHER.verify(stored, passphrase[:LONGEST_PASSPHRASE])
    except (VerificationError, InvalidHashError):
        return None
    return account


@cache
def _hash_of_no_account() -> str:
    return _HASHER.hash("nobody's passphrase")


def _hashed(passphrase: str, name: str) -> str:
    if not SHORTEST_PASSPHRASE <= len(passphrase) <= LONGEST_PASSPHRASE:
        raise UsageError(
            f"A passphrase has {SHORTEST_PASSPHRASE} to {LONGEST_PASSPHRASE} characters. Several words are "
            "long and easy to remember."
        )
    if len(set(passphrase)) < 5 or same_author(passphrase, name):
        raise UsageError("That passphrase is too easy to guess. Several words that belong to nobody are not.")
    return _HASHER.hash(passphrase)


def _change(settings: Settings, name: str, change: str, *given: str) -> None:
    with store.transaction(settings) as con:
        if not con.execute(f"{change} where spelling = ?", [*given, spelling(name)]).rowcount:
            raise UsageError(f"There is no account {name}. `njia account list` shows them.")
