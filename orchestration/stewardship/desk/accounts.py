"""Accounts of the desk: `desk/accounts.json`, only a name, a role and an argon2id hash each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from filelock import FileLock, Timeout

from orchestration.core import NjiaError, Settings, UsageError, durable
from orchestration.intake import contact_in_prose
from orchestration.stewardship.kinds.decision import same_author

SHORTEST_PASSPHRASE, LONGEST_PASSPHRASE = 12, 200
LOCK_SECONDS = 10
# The name becomes the author of decisions, which a release publishes.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 ._'-]{1,58}[A-Za-z0-9.]")
_HASHER = PasswordHasher()  # argon2id, RFC 9106's choice for little memory: 64 MiB, 3 passes


@dataclass(frozen=True)
class Account:
    """`name` becomes the author of decisions; a read-only account sees everything and decides nothing."""

    name: str
    passphrase_hash: str
    is_read_only: bool = False


def read_accounts(settings: Settings) -> list[Account]:
    """Return the accounts by name; raises NjiaError for an unreadable file, since guessing is unsafe."""
    path = _path(settings)
    if not path.is_file():
        return []
    try:
        return [Account(**one) for one in json.loads(path.read_text(encoding="utf-8"))["accounts"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise NjiaError(
            f"{path} cannot be read as accounts of the desk. Restore it from a backup, or remove it and make "
            "the accounts anew with `njia desk user add NAME`."
        ) from None


def add_account(settings: Settings, name: str, passphrase: str, is_read_only: bool = False) -> Account:
    """Add an account; raises UsageError for a taken or unfit name, and for a weak passphrase."""
    name = name.strip()
    if not _NAME.fullmatch(name) or contact_in_prose(name):
        raise UsageError(
            "A name has 3 to 60 letters, digits, spaces or . _ ' - and is printed with decisions, so it has "
            'no address and no number of a phone or document. Such as "A. Steward".'
        )
    account = Account(name, _hashed(passphrase, name), is_read_only)
    with _changing(settings) as accounts:
        if any(same_author(one.name, name) for one in accounts):
            raise UsageError(f"There is an account {name} already. `njia desk user list` shows them.")
        accounts.append(account)
    return account


def change_passphrase(settings: Settings, name: str, passphrase: str) -> None:
    """Change a passphrase, which ends the sessions under this name."""
    with _changing(settings) as accounts:
        found = _found(accounts, name)
        accounts[accounts.index(found)] = replace(found, passphrase_hash=_hashed(passphrase, found.name))


def remove_account(settings: Settings, name: str) -> None:
    with _changing(settings) as accounts:
        accounts.remove(_found(accounts, name))


def verified(settings: Settings, name: str, passphrase: str) -> Account | None:
    """Return the account of a passphrase. An unknown name takes as long as a wrong passphrase."""
    found = next((one for one in read_accounts(settings) if same_author(one.name, name)), None)
    try:
        _HASHER.verify(
            found.passphrase_hash if found else _hash_of_no_account(), passphrase[:LONGEST_PASSPHRASE]
        )
    except (VerificationError, InvalidHashError):
        return None
    return found


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


def _found(accounts: list[Account], name: str) -> Account:
    for account in accounts:
        if same_author(account.name, name):
            return account
    raise UsageError(f"There is no account {name}. `njia desk user list` shows them.")


def _path(settings: Settings) -> Path:
    return settings.desk / "accounts.json"


@contextmanager
def _changing(settings: Settings) -> Iterator[list[Account]]:
    settings.desk.mkdir(parents=True, exist_ok=True)
    settings.desk.chmod(0o700)
    try:
        with FileLock(settings.desk / ".lock", timeout=LOCK_SECONDS, mode=0o600):
            accounts = read_accounts(settings)
            yield accounts
            by_name = sorted(accounts, key=lambda account: account.name.casefold())
            durable.write_json(_path(settings), {"accounts": [asdict(account) for account in by_name]})
            _path(settings).chmod(0o600)
    except Timeout:
        raise NjiaError("The accounts are being changed by another command. Try again in a moment.") from None
