"""Who may enter the desk: names, passphrases, and where they stand."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.account import ROLES
from orchestration.cli.root import cli
from orchestration.core import SAMPLE_PARTNERS, Damaged, Settings, UsageError
from orchestration.stewardship import audit, desk
from orchestration.stewardship.desk import accounts
from tests.fixtures import other_program
from tests.fixtures.desk_world import ELSEWHERE, PASSPHRASE, READER, STEWARD, weak_hashes  # noqa: F401

pytestmark = pytest.mark.usefixtures("weak_hashes")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", SAMPLE_PARTNERS, tmp_path / "keys")


def test_an_account_opens_with_its_passphrase_alone_however_its_name_is_spelt(settings: Settings) -> None:
    accounts.add_account(settings, STEWARD, PASSPHRASE)
    found = accounts.verified(settings, "a.  steward", PASSPHRASE)
    assert found and found.name == STEWARD
    assert accounts.verified(settings, STEWARD, PASSPHRASE + " ") is None
    assert accounts.verified(settings, "A. Nobody", PASSPHRASE) is None


def test_the_file_holds_argon2id_and_no_passphrase(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    accounts.add_account(settings, STEWARD, PASSPHRASE)
    assert PASSPHRASE.encode() not in settings.database.read_bytes()
    (account,) = accounts.read_accounts(settings)
    rfc_9106_for_little_memory = "$argon2id$v=19$m=65536,t=3,p=4$"
    assert account.passphrase_hash.startswith(rfc_9106_for_little_memory)


def test_an_easy_passphrase_is_refused_and_not_quoted(settings: Settings) -> None:
    for passphrase in ("", "short", "eleven char", "aaaaaaaaaaaaaaaa", "A. Longer Steward"):
        with pytest.raises(UsageError) as refused:
            accounts.add_account(settings, "A. Longer Steward", passphrase)
        assert not passphrase or passphrase not in str(refused.value)
    assert accounts.read_accounts(settings) == []


NAMES = ("", "A", "a@partner.example", "Steward 0712345678", "x" * 61, "A\nB", "<b>A</b>", "a. STEWARD")


def test_account_name_that_is_unfit_or_taken_is_refused(settings: Settings) -> None:
    accounts.add_account(settings, STEWARD, PASSPHRASE)
    for name in NAMES:
        with pytest.raises(UsageError):
            accounts.add_account(settings, name, PASSPHRASE)
    assert len(accounts.read_accounts(settings)) == 1


def test_a_new_passphrase_ends_the_old_one_and_a_removed_account_opens_nothing(settings: Settings) -> None:
    accounts.add_account(settings, STEWARD, PASSPHRASE)
    accounts.change_passphrase(settings, STEWARD, "other words for nobody")
    assert accounts.verified(settings, STEWARD, PASSPHRASE) is None
    assert accounts.verified(settings, STEWARD, "other words for nobody")
    accounts.remove_account(settings, STEWARD)
    assert accounts.verified(settings, STEWARD, "other words for nobody") is None
    with pytest.raises(UsageError, match="no account"):
        accounts.remove_account(settings, STEWARD)


@pytest.mark.parametrize("roles", ["", "director"])
def test_account_of_unknown_roles_refuses_every_login(settings: Settings, roles: str) -> None:
    accounts.add_account(settings, STEWARD, PASSPHRASE)
    other_program.run(settings, "update accounts set roles = ?", roles)
    with pytest.raises(Damaged):
        accounts.verified(settings, STEWARD, PASSPHRASE)


def account(settings: Settings, *arguments: str, typing: str = "") -> Result:
    whole = ["account", *arguments, "--home", str(settings.home)]
    return CliRunner().invoke(cli, whole, input=typing, catch_exceptions=False)


def test_command_reads_a_hidden_passphrase_or_a_file_and_writes_the_audit_log(
    settings: Settings, tmp_path: Path
) -> None:
    typed = account(settings, "add", STEWARD, "--role", "steward", typing=f"{PASSPHRASE}\n" * 2)
    assert typed.exit_code == 0 and PASSPHRASE not in typed.output
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\n")
    added = account(settings, "add", READER, "--role", "reader", "--passphrase-file", str(file))
    assert added.exit_code == 0
    listed = account(settings, "list").output
    assert STEWARD in listed and f"{READER}   reader" in listed
    assert [line["action"] for line in audit.read(settings).lines] == ["account_added"] * 2


def test_roles_are_changed_by_command_and_logged(settings: Settings) -> None:
    accounts.add_account(settings, STEWARD, PASSPHRASE)
    account(settings, "role", "a. steward", "--role", "steward", "--role", "operator")
    (found,) = accounts.read_accounts(settings)
    assert found.roles == ("steward", "operator")
    assert accounts.verified(settings, STEWARD, PASSPHRASE), "the passphrase stays"
    (line,) = [line for line in audit.read(settings).lines if line["action"] == "roles_changed"]
    assert line["details"]["roles"] == ["steward", "operator"]
    assert account(settings, "role", STEWARD).exit_code == 2


def test_help_and_choices_name_the_roles_that_there_are() -> None:
    assert tuple(accounts.ROLES) == ROLES
    shown = " ".join(CliRunner().invoke(cli, ["account", "--help"]).output.split())
    assert [role for role, meaning in accounts.ROLES.items() if f"{role} {meaning}" not in shown] == []


def test_server_behind_a_proxy_needs_an_account(settings: Settings) -> None:
    with pytest.raises(UsageError, match="njia account add"):
        outside = replace(settings, desk_url="https://njia.example.org")
        desk.serve(outside, 3030, ELSEWHERE, nullcontext(None), print)
