"""Sample partners whose contracts name a source: a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.core import SAMPLE_PARTNERS, Settings
from tests.unit.form_servers import Central, File, FormServer, Kobo

KOBO, SHEET, ODK, WORKBOOK = "kasuku_network", "nyuki_line", "kifaru_rescue", "korongo_network"


def sample(partner: str) -> bytes:
    """Return an extract that a sample partner sends."""
    return next((SAMPLE_PARTNERS / partner / "extracts").iterdir()).read_bytes()


SUBMISSIONS = json.loads(sample(KOBO))["results"]


class PullWorld:
    """A home, and for each partner of `serve` a server, its secret and its contract."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(folder / "home", folder / "partners", folder / "home" / "keys")
        self.settings.partners.mkdir()
        self.settings.keys.mkdir(parents=True, mode=0o700)
        self.servers: list[FormServer] = []

    def secret(self, name: str, value: str, mode: int = 0o600) -> Path:
        path = self.settings.keys / name
        path.write_text(f"{value}\n")
        path.chmod(mode)
        return path

    def contract(self, partner: str, source: dict[str, Any]) -> None:
        content = yaml.safe_load((SAMPLE_PARTNERS / partner / "contract.yml").read_text(encoding="utf-8"))
        path = self.settings.partners / partner / "contract.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content | {"source": source}, allow_unicode=True), encoding="utf-8")

    def kobo(self, number: int = 6, most: int = 1000, **source: Any) -> Kobo:
        server = Kobo(SUBMISSIONS[:number], most)
        self.servers.append(server)
        self.secret("kasuku.token", server.token)
        given = {"kind": "kobotoolbox", "server": server.address, "asset": server.asset}
        self.contract(KOBO, given | {"token_file": "kasuku.token"} | source)
        return server

    def sheet(self, content: bytes | None = None, partner: str = SHEET, **source: Any) -> File:
        server = File(content or sample(partner))
        self.servers.append(server)
        self.contract(partner, {"kind": "https_file", "url": f"{server.address}/pub?output=csv"} | source)
        return server

    def odk(self, **source: Any) -> Central:
        server = Central(sample(ODK))
        self.servers.append(server)
        self.secret("kifaru.password", server.password)
        given = {"kind": "odk_central", "server": server.address, "project": 7, "form": server.form}
        self.contract(ODK, given | {"email": server.email, "password_file": "kifaru.password"} | source)
        return server

    def inbox(self, partner: str) -> list[Path]:
        return sorted(path for path in (self.settings.inbox / partner).rglob("*") if path.is_file())


@pytest.fixture
def pulls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PullWorld]:
    """A pull world whose tries follow each other without pauses."""
    monkeypatch.setattr("orchestration.intake.pulling.limits.PAUSES", (0.0, 0.0, 0.0, 0.0))
    made = PullWorld(tmp_path)
    yield made
    for server in made.servers:
        server.close()
