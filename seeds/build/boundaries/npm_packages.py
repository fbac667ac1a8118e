"""The npm packages that hold Natural Earth: fetched with npm, held to the checksums of their review."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import NjiaError


@dataclass(frozen=True)
class NpmPackage:
    """A published package; `integrity` is the SHA-512 in base64, as npm prints it."""

    name: str
    version: str
    integrity: str

    @property
    def archive(self) -> str:
        """File name that `npm pack` gives it."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


COUNTRIES = NpmPackage(
    "world-atlas",
    "2.0.2",
    "IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjgE/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ==",
)
PROVINCES = NpmPackage(
    "@superset-ui/legacy-plugin-chart-country-map",
    "0.20.3",
    "rz4WaD3VcnF33vhWMb9tHuk9FSmM8lQqv3GgWHSneko9OWJCblFKN3nhO8SjJXyhY7+nRc6YVyRBvZKPARpzhw==",
)


def read_json(package: NpmPackage, member: str, folder: Path) -> Any:
    """A JSON file of a package whose archive lies in `folder`, or is fetched into it."""
    archive = folder / package.archive
    if not archive.is_file():
        _fetch(package, folder)
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != package.integrity:
        raise NjiaError(
            f"{archive.name} is not the file this layer was reviewed with: its SHA-512 is {digest}, expected "
            f"{package.integrity}. Delete {archive} and run the command again; if it happens twice, do not "
            "build."
        )
    with tarfile.open(archive) as packed:
        file = packed.extractfile(f"package/{member}")
        if file is None:
            raise NjiaError(
                f"{archive.name} has no file {member}. Correct the path in {Path(__file__).name}."
            )
        return json.load(file)


def _fetch(package: NpmPackage, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NjiaError(
            f"npm is not installed, and {package.archive} is not in {folder}. Install npm, or put the "
            "archive there by hand."
        )
    folder.mkdir(parents=True, exist_ok=True)
    wanted = f"{package.name}@{package.version}"
    ran = subprocess.run(  # noqa: S603 - fixed arguments
        [npm, "pack", "--silent", wanted, "--pack-destination", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise NjiaError(
            f"npm could not fetch {wanted} (code {ran.returncode}). Check the network and run the command "
            "again."
        )
