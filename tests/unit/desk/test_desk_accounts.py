"""Who may enter the desk: names, passphrases, and the file they stand in."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.account import ROLES
from orchestration.cli.root import cli
from orchestration.core import SAMPLE_PARTNERS, NjiaError, Settings, UsageError
from orchestration.stewardship import audit, desk
from orchestration.stewardship.desk.accounts import (
    add_account,
    change_passphrase,
    read_accounts,
    remove_account,
    verified,
)
from tests.fixtures.desk_world import ELSEWHERE

GOOD = "several words for nobody"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", SAMPLE_PARTNERS, tmp_path / "keys")


def test_an_account_opens_with_its_passphrase_alone_however_its_name_is_spelt(settings: Settings) -> None:
    add_account(settings, "A. Steward", GOOD)
    found = verified(settings, "a.  steward", GOOD)
    assert found and found.name == "A. Steward"
    assert verified(settings, "A. Steward", GOOD + " ") is None
    assert verified(settings, "A. Nobody", GOOD) is None


def test_the_file_opens_to_its_owner_only_and_holds_argon2id_and_no_passphrase(settings: Settings) -> None:
    add_account(settings, "A. Steward", GOOD)
    path = settings.desk / "accounts.json"
    assert (path.stat().st_mode & 0o777, settings.desk.stat().st_mode & 0o777) == (0o600, 0o700)
    text = path.read_text()
    assert GOOD not in text
    assert json.loads(text)["accounts"][0]["passphrase_hash"].startswith("$argon2id$")


@pytest.mark.parametrize("passphrase", ["", "short", "eleven char", "aaaaaaaaaaaaaaaa", "A. Longer Steward"])
def test_a_passphrase_that_is_short_or_easy_is_refused_and_not_quoted(
    settings: Settings, passphrase: str
) -> None:
    with pytest.raises(UsageError) as refused:
        add_account(settings, "A. Longer Steward", passphrase)
    assert not passphrase or passphrase not in str(refused.value)
    assert read_accounts(settings) == []


@pytest.mark.parametrize(
    "name", ["", "A", "a@partner.example", "Steward 0712345678", "x" * 61, "A\nB", "<b>A</b>"]
)
def test_account_name_with_control_characters_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(UsageError):
        add_account(settings, name, GOOD)


def test_one_name_in_two_spellings_is_one_account(settings: Settings) -> None:
    add_account(settings, "A. Steward", GOOD)
    with pytest.raises(UsageError, match="already"):
        add_account(settings, "a. STEWARD", GOOD)


def test_a_new_passphrase_ends_the_old_one_and_a_removed_account_opens_nothing(settings: Settings) -> None:
    add_account(settings, "A. Steward", GOOD)
    change_passphrase(settings, "A. Steward", "other words for nobody")
    assert verified(settings, "A. Steward", GOOD) is None
    assert verified(settings, "A. Steward", "other words for nobody")
    remove_account(settings, "A. Steward")
    assert verified(settings, "A. Steward", "other words for nobody") is None
    with pytest.raises(UsageError, match="no account"):
        remove_account(settings, "A. Steward")


def test_unreadable_accounts_file_refuses_every_login(settings: Settings) -> None:
    settings.desk.mkdir(parents=True)
    (settings.desk / "accounts.json").write_text("{")
    with pytest.raises(NjiaError, match="is damaged"):
        verified(settings, "A. Steward", GOOD)


def test_command_reads_a_hidden_passphrase_or_a_file_and_writes_the_audit_log(
    settings: Settings, tmp_path: Path
) -> None:
    home = ["--home", str(settings.home)]
    typed = CliRunner().invoke(
        cli,
        ["account", "add", "A. Steward", "--role", "steward", *home],
        input=f"{GOOD}\n{GOOD}\n",
        catch_exceptions=False,
    )
    assert typed.exit_code == 0 and GOOD not in typed.output
    file = tmp_path / "passphrase"
    file.write_text(f"{GOOD}\n")
    arguments = ["account", "add", "A. Reader", "--role", "reader", "--passphrase-file", str(file), *home]
    assert CliRunner().invoke(cli, arguments, catch_exceptions=False).exit_code == 0
    listed = CliRunner().invoke(cli, ["account", "list", *home], catch_exceptions=False).output
    assert "A. Steward" in listed and "A. Reader   reader" in listed
    log = "".join(path.read_text() for path in settings.audit.glob("*.jsonl"))
    assert log.count('"account_added"') == 2


def test_roles_are_changed_by_command_and_logged(settings: Settings) -> None:
    add_account(settings, "A. Steward", GOOD)
    arguments = ["account", "role", "a. steward", "--role", "steward", "--role", "operator"]
    CliRunner().invoke(cli, [*arguments, "--home", str(settings.home)], catch_exceptions=False)
    (account,) = read_accounts(settings)
    assert account.roles == ("steward", "operator")
    assert verified(settings, "A. Steward", GOOD), "the passphrase stays"
    (line,) = [line for line in audit.read(settings).lines if line["action"] == "roles_changed"]
    assert line["details"]["roles"] == ["steward", "operator"]
    assert CliRunner().invoke(cli, ["account", "role", "A. Steward"]).exit_code == 2


def test_help_and_choices_name_the_roles_that_there_are() -> None:
    assert tuple(desk.ROLES) == ROLES
    shown = " ".join(CliRunner().invoke(cli, ["account", "--help"]).output.split())
    for role, meaning in desk.ROLES.items():
        assert f"{role} {meaning}" in shown


def test_unknown_role_refuses_every_login(settings: Settings) -> None:
    settings.desk.mkdir(parents=True)
    stored = {"accounts": [{"name": "A. Steward", "passphrase_hash": "x", "roles": ["director"]}]}
    (settings.desk / "accounts.json").write_text(json.dumps(stored))
    with pytest.raises(NjiaError, match="is damaged"):
        read_accounts(settings)


def test_server_behind_a_proxy_needs_an_account(settings: Settings) -> None:
    with pytest.raises(UsageError, match="njia account add"):
        outside = replace(settings, desk_url="https://njia.example.org")
        desk.serve(outside, 3030, ELSEWHERE, nullcontext(None), print)
