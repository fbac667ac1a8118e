"""Help, wrong use and broken homes: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from orchestration.cli.root import cli
from tests.command import ANSI, NARROW, PRIVATE_KEY, from_a_shell, njia
from tests.evidence_base import EvidenceBase


def test_help_lists_every_command() -> None:
    ran = from_a_shell("--help", **NARROW)
    assert ran.returncode == 0 and not ANSI.search(ran.stdout)
    listed = re.findall(r"^  (\w+) ", ran.stdout.partition("Options:")[2], re.MULTILINE)
    earlier_names = {"ui", "desk"}
    assert sorted(listed) == sorted(cli.commands.keys() - earlier_names) and "refresh" in listed
    assert max(map(len, ran.stdout.splitlines())) <= 60 and "..." not in ran.stdout.partition("Options:")[2]


def commands(group: click.Group = cli, name: str = "njia") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for word, command in group.commands.items():
        deeper = isinstance(command, click.Group)
        found |= commands(command, f"{name} {word}") if deeper else {f"{name} {word}": command}
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_takes_home_and_partners_and_says_what_it_does(name: str) -> None:
    command = commands()[name]
    assert command.help and not command.get_short_help_str(38).endswith("...")
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--home", "--partners"} <= options


def test_names_with_colons_are_shown_as_they_are(tmp_path: Path) -> None:
    ran = njia(
        "decide", "exclude-row", "extract:x:0123456789abcdef", "--reason", "a test", "--author", "A. Steward",
        "--home", tmp_path,
    )  # fmt: skip
    assert ran.returncode == 2 and "extract:x:0123456789abcdef" in ran.stderr, "`:x:` is no emoji"


def test_texts_tell_only_commands_that_exist() -> None:
    """`njia decide place-alias` in a text is what a person types next."""
    root = Path(__file__).resolve().parents[2]
    texts = [
        *root.glob("orchestration/**/*.py"), *root.glob("expectations/*.py"), *root.glob("seeds/**/*.md"),
        root / "seeds/reference/quality_rules.csv", root / "README.md", *root.glob("dbt_project/models/**/*.yml"),
    ]  # fmt: skip
    known = commands()
    groups = {" ".join(words[:at]) for words in map(str.split, known) for at in range(1, len(words))}
    wrong = []
    for path in texts:
        for line in path.read_text(encoding="utf-8").splitlines():
            for words in re.findall(
                r"njia ((?:inbox|contract|decide) [a-z][\w-]*|(?!is |needs )[a-z]+)\b", line
            ):
                is_told = re.search(
                    rf"`njia {words}|^\s*njia {words}|run njia|with njia {words}|  njia {words}", line
                )
                if is_told and f"njia {words}" not in known and f"njia {words}" not in groups:
                    wrong.append(f"{path.relative_to(root)}: njia {words}")
    assert sorted(set(wrong)) == []


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        (("frobnicate",), {}, "No such command"),
        (("status", "--nosuch"), {}, "No such option"),
        (("query",), {}, "Missing argument"),
        (("query", "select 1", "--format", "xml"), {}, "'xml' is not one of"),
        (("status", "--partners", "/nonexistent/partners"), {}, "/nonexistent/partners does not exist"),
        (("status",), {"NJIA_PARTNERS": "/nonexistent/partners"}, "NJIA_PARTNERS"),
        (("status",), {"NJIA_AS_OF": "yesterday"}, "NJIA_AS_OF is not a date"),
        (("refresh", "extra"), {}, "unexpected extra argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_use_exits_2_with_a_sentence(
    arguments: tuple[str, ...], env: dict[str, str], words: str, tmp_path: Path
) -> None:
    ran = njia(*arguments, **({"NJIA_HOME": str(tmp_path)} | env))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert words in ran.stderr


def test_a_home_of_another_layout_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written into it and no key is made for it."""
    (tmp_path / "home.json").write_text('{"layout_version": 99}')
    ran = njia("refresh", "--home", tmp_path)
    assert ran.returncode == 2 and "layout 99" in ran.stderr
    assert not PRIVATE_KEY.search(ran.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["home.json"]


@pytest.mark.parametrize("command", [("refresh",), ("status",), ("inbox", "add", "--samples")], ids=" ".join)
def test_a_home_that_cannot_be_one_is_a_sentence(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    ran = njia(*command, "--home", tmp_path / "file")
    assert ran.returncode == 2
    assert str(tmp_path / "file") in ran.stderr.replace("\n", "")


def test_a_spoilt_home_marker_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("garbage")
    ran = njia("refresh", "--home", tmp_path)
    assert ran.returncode == 6 and "home.json is damaged" in ran.stderr.replace("\n", "")


def test_missing_current_release_ends_what_reads_it_and_status_shows_all_else(
    evidence_base: EvidenceBase,
) -> None:
    release = evidence_base.settings.current.resolve()
    release.rename(release.with_name("moved-away"))
    asked = njia("query", "select 1", settings=evidence_base.settings)
    assert asked.returncode == 6
    assert "which is missing" in asked.stderr and "njia restore" in asked.stderr
    status = njia("status", settings=evidence_base.settings)
    assert status.returncode == 6 and "which is missing" in status.stdout
    assert "Waiting for a steward:" in status.stdout
