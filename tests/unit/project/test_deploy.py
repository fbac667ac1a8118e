"""The files in docs/deploy name commands, settings and paths that exist, and agree with docs/deploy.md."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from orchestration.core import DBT_PROJECT, PROJECT_ROOT, REFERENCE_SEEDS, SAMPLE_PARTNERS, Settings
from orchestration.places.boundaries import SHIPPED
from orchestration.stewardship.desk.app import make_app
from tests.fixtures.desk_world import ELSEWHERE, Visitor, make_accounts
from tests.unit.project.test_docs import follow

FILES = {path.name: path.read_text("utf-8") for path in (PROJECT_ROOT / "docs" / "deploy").iterdir()}
GUIDE = (PROJECT_ROOT / "docs" / "deploy.md").read_text("utf-8")
SETTINGS = (PROJECT_ROOT / "orchestration" / "core" / "settings.py").read_text("utf-8")
ENVIRONMENT = dict(line.split("=", 1) for line in FILES["njia.env"].splitlines() if not line.startswith("#"))
FOLDERS = {ENVIRONMENT[name] for name in ("NJIA_HOME", "NJIA_KEYS", "NJIA_PARTNERS")}
BACKUP = "/srv/njia-backup"
COMPOSE = yaml.safe_load(FILES["compose.yml"])["services"]
OURS = [name for name, service in COMPOSE.items() if service["image"] == "localhost/njia"]
NJIA = re.compile(r"(?:^|[ /])njia ([a-z][^;\n]*)")


def unit(name: str) -> dict[str, list[str]]:
    """Each key of a unit with its values, in order."""
    keys: dict[str, list[str]] = defaultdict(list)
    for line in FILES[name].splitlines():
        if line and not re.fullmatch(r"#.*|\[(Unit|Service|Timer|Install)\]", line):
            key, _, value = line.partition("=")
            keys[key].append(value)
    return keys


def test_settings_exist() -> None:
    setting = re.compile(r"\bNJIA_[A-Z_]+")
    assert not set(setting.findall(" ".join(FILES.values()))) - set(setting.findall(SETTINGS))


def test_the_guide_names_each_file_and_no_other() -> None:
    named = set(re.findall(r"docs/deploy/([\w.-]+)", GUIDE))
    named |= {"compose.yml", "Containerfile"}  # `docker-compose` finds the one, which names the other
    assert named == FILES.keys()
    assert COMPOSE["serve"]["build"]["dockerfile"] == "docs/deploy/Containerfile"


@pytest.mark.parametrize("name", ["njia-serve.service", "njia-backup.service"])
def test_a_service_runs_a_command_that_exists_in_folders_of_the_guide(name: str) -> None:
    keys = unit(name)
    (command,) = keys["ExecStart"]
    assert follow(shlex.split(command.partition("/njia ")[2])) == ((name[5:].partition(".")[0],), [])
    assert command.partition(" ")[0] == "/opt/njia/.venv/bin/njia"
    assert re.search(r"git clone .* /opt/njia\nmake -C /opt/njia install\n", GUIDE)
    assert keys["EnvironmentFile"] == ["/etc/njia/njia.env"]
    assert keys["User"] == ["njia"]
    assert keys["ProtectSystem"] == ["strict"]
    written = set(keys["ReadWritePaths"][0].split())
    assert written <= FOLDERS | {BACKUP}
    assert all(f"{folder}" in GUIDE for folder in written)


def test_the_timer_starts_the_backup_at_the_time_of_the_guide() -> None:
    (when,) = unit("njia-backup.timer")["OnCalendar"]
    assert when == "*-*-* 04:00 Africa/Nairobi"
    assert "backup at 04:00, in Nairobi" in " ".join(GUIDE.split())


def test_containers_of_njia_write_to_the_folders_of_the_settings_alone() -> None:
    assert OURS == ["pod", "serve", "backup"]
    for name in OURS:
        service = COMPOSE[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["tmpfs"] == ["/tmp"]  # noqa: S108
        mounts = [mount.split(":") for mount in service["volumes"]]
        assert all(outside == inside for outside, inside, *_ in mounts)
        outside = {mount[0] for mount in mounts}
        password = ENVIRONMENT["NJIA_BACKUP_PASSWORD_FILE"]
        assert outside == {"pod": set(), "backup": FOLDERS | {BACKUP, password}}.get(name, FOLDERS)
    assert COMPOSE["serve"]["network_mode"] == COMPOSE["proxy"]["network_mode"] == "service:pod"
    assert COMPOSE["serve"]["pid"] == COMPOSE["backup"]["pid"] == "service:pod"


def test_commands_of_the_containers_exist() -> None:
    image = FILES["Containerfile"]
    assert json.loads(re.findall(r"^ENTRYPOINT (.*)", image, re.MULTILINE)[0]) == ["njia"]
    started = json.loads(re.findall(r"^CMD (.*)", image, re.MULTILINE)[0])
    asked = re.findall(r"docker-compose run --rm serve (.*)", GUIDE)
    looped = NJIA.findall(" ".join(COMPOSE["backup"]["entrypoint"]))
    assert looped == [f"backup {BACKUP}"]
    assert len(asked) == 4
    for arguments in [started, *(shlex.split(line.partition(" && ")[0]) for line in [*asked, *looped])]:
        path, wrong = follow(arguments)
        assert path and not wrong


def test_the_image_is_built_from_what_the_wheel_holds() -> None:
    hatch = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]
    wheel = hatch["build"]["targets"]["wheel"]
    read = [DBT_PROJECT, REFERENCE_SEEDS, SAMPLE_PARTNERS, SHIPPED]
    for folder in (path.relative_to(PROJECT_ROOT) for path in read):
        assert folder.parts[0] in wheel["packages"]
        assert not any(folder.is_relative_to(left_out) for left_out in wheel["exclude"])
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", FILES["Containerfile"], re.MULTILINE)
    sources = [name for line in copied for name in line.split()]
    assert set(wheel["packages"]) <= set(sources)
    assert all((PROJECT_ROOT / name).exists() for name in sources)
    ignored = (PROJECT_ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[1] == "*" and {line[1:] for line in ignored if line.startswith("!")} == set(sources)
    (account,) = re.findall(r"^USER (\d+):\d+$", FILES["Containerfile"], re.MULTILINE)
    assert f"useradd --uid {account} --user-group" in GUIDE and f"--uid {account} " in FILES["Containerfile"]


def test_the_health_check_is_answered_behind_the_proxy(tmp_path: Path) -> None:
    settings = Settings(tmp_path, SAMPLE_PARTNERS, tmp_path / "keys", desk_url=ENVIRONMENT["NJIA_DESK_URL"])
    make_accounts(settings)
    (url,) = re.findall(r"urlopen\('(\S+)',", FILES["Containerfile"])
    assert urlsplit(url).netloc in FILES["Caddyfile"]
    visitor = Visitor(make_app(settings, 3030, ELSEWHERE), url.removesuffix("/login"))
    assert visitor.get("/login").status_code == 200
    assert "https://YOUR.HOST.NAME/login" in GUIDE
