"""Nothing of Njia listens on a network: no option and no code names another address.

`test_desk_connections` looks at the port itself.
"""

import ipaddress
import re
from pathlib import Path

from click.testing import CliRunner

from orchestration.cli.root import cli
from orchestration.core import LOOPBACK, PROJECT_ROOT
from orchestration.core.settings import DEFAULT_DESK_URL


def test_no_option_makes_it_listen_elsewhere(tmp_path: Path) -> None:
    at = ["--home", str(tmp_path / "home"), "--partners", str(tmp_path)]
    assert CliRunner().invoke(cli, ["serve", "--host", "0.0.0.0", *at]).exit_code == 2  # noqa: S104


def test_earlier_names_start_the_same_server() -> None:
    assert cli.commands["ui"] is cli.commands["desk"] is cli.commands["serve"]


def test_no_code_names_an_address_that_is_not_loopback() -> None:
    assert ipaddress.ip_address(LOOPBACK).is_loopback
    found = {
        (path.name, address)
        for path in (PROJECT_ROOT / "orchestration").rglob("*.py")
        for address in re.findall(
            r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|\[?::\]?\d*(?=['\"])", path.read_text()
        )
    }
    assert LOOPBACK in {address for _, address in found}
    assert not {one for one in found if not ipaddress.ip_address(one[1].strip("[]")).is_loopback}
    assert LOOPBACK in DEFAULT_DESK_URL
