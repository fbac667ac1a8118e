"""The first refresh of a new installation, by the installed program without a terminal: keys and summary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.core import new_stewards_pair, write_secret
from tests import scenario
from tests.command import ANSI, NARROW, PRIVATE_KEY, Ran, from_a_shell, njia


@pytest.fixture(scope="module")
def first_refresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """A new installation, told where it is by the environment alone, and its first words."""
    folder = tmp_path_factory.mktemp("new")
    contract = folder / "partners" / "kobe_post" / "contract.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(scenario.PARTNERS["kobe_post"])
    extract = folder / "kobe_1.csv"
    extract.write_text(scenario.KOBE_FIRST)
    places = {"NJIA_HOME": "home", "NJIA_PARTNERS": "partners", "NJIA_KEYS": "secret"}
    env = {name: str(folder / where) for name, where in places.items()} | NARROW
    assert njia("inbox", "add", "kobe_post", extract, **env).returncode == 0
    (folder / "secret").mkdir(mode=0o700)
    write_secret(folder / "secret" / "stewards.age.pub", new_stewards_pair()[1])
    return folder, from_a_shell("refresh", **env)


def test_the_first_refresh_makes_the_other_keys_where_njia_keys_says(
    first_refresh: tuple[Path, Ran],
) -> None:
    folder, ran = first_refresh
    assert ran.returncode == 0, ran.stderr
    assert not PRIVATE_KEY.search(ran.stdout + ran.stderr)
    assert not (folder / "home" / "keys").exists(), "NJIA_KEYS names another place"
    assert (folder / "secret").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (folder / "secret").iterdir()} == {0o600}


def test_the_summary_is_readable_in_a_narrow_terminal_without_colour(
    first_refresh: tuple[Path, Ran],
) -> None:
    _, ran = first_refresh
    assert not ANSI.search(ran.stdout + ran.stderr)
    assert re.search(r"Published release \d{8}T\d{6}Z-[0-9a-f]{8}", " ".join(ran.stdout.split()))
    for words in (
        "Files",
        "1 landed",
        "Rows landed",
        "Movements",
        "Checks",
        "Where to look next",
        "njia status",
    ):
        assert words in ran.stdout
    long = [line for line in ran.stdout.splitlines() if len(line) > 60 and "/" not in line]
    assert long == []
