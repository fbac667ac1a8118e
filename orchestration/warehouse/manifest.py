"""The parsed dbt project: parsed once for an installation and shared by its homes.

It lies in `dbt_project/target/parsed/<hash of the project>/`; where that folder cannot be written (a
container image, another account), in `work/dbt/parsed/` of the home.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestration.core import DBT_PROJECT, REFERENCE_SEEDS, NjiaError, Settings, dbt_target, sha256_of, sync
from orchestration.warehouse.engines import versions

MANIFEST, PACKED, HASHES = "manifest.json", "manifest.msgpack", "sha256.json"
_KEPT_PROJECTS = 3


def manifest_path(settings: Settings) -> Path:
    """Return manifest.json of the present project, with manifest.msgpack beside it.

    Parses the project, which takes seconds, where a file of it has changed.
    """
    stamp = project_hash(settings.engine)
    if found := _parsed_in(settings, stamp):
        return found / MANIFEST
    places = _places(settings)
    scratch = Path(tempfile.mkdtemp(prefix="njia-dbt-"))
    try:
        from orchestration.warehouse.dbt_commands import parse

        made = parse(DBT_PROJECT, scratch, settings.engine)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    contents = {MANIFEST: made.text.encode(), PACKED: made.packed}
    for place in places:
        try:
            return _write(place, stamp, contents) / MANIFEST
        except OSError as error:
            why = error
    raise NjiaError(f"The parsed dbt project cannot be kept in {places[-1]}: {why.strerror}.") from None


def read_manifest(path: Path) -> Mapping[str, Any]:
    """Return the read-only content of a manifest.json: megabytes, read once a process.

    Raises OSError for a missing file, ValueError and KeyError for a file that is not dbt's.
    """
    status = path.stat()
    return _read(path, status.st_ino, status.st_mtime_ns, status.st_size)


def manifest_nodes(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the `nodes` of a manifest.json by id."""
    nodes: Mapping[str, Mapping[str, Any]] = read_manifest(path)["nodes"]
    return nodes


def project_hash(engine: str) -> str:
    """Hash everything that dbt's parsing depends on."""
    programs = [f"{name}\x00" for name in (version("dbt-core"), versions(engine)[0])]
    digest = hashlib.sha256(f"{DBT_PROJECT}\x00{engine}\x00{''.join(programs)}".encode())
    digest.update(Path(__file__).with_name("dbt_commands.py").read_bytes())
    folders = (DBT_PROJECT, REFERENCE_SEEDS)
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if not {"target", "logs"} & set(path.parts[len(DBT_PROJECT.parts) :]):
            digest.update(f"{path.name}\x00".encode() + path.read_bytes())
    return digest.hexdigest()


def _places(settings: Settings) -> tuple[Path, Path]:
    return dbt_target() / "parsed", settings.work / "dbt" / "parsed"


def _parsed_in(settings: Settings, stamp: str) -> Path | None:
    folders = (place / stamp[:32] for place in _places(settings))
    return next((folder for folder in folders if _is_whole(folder)), None)


def _is_whole(folder: Path) -> bool:
    try:
        hashes = json.loads((folder / HASHES).read_text(encoding="utf-8"))
        return bool(hashes == {name: sha256_of(folder / name) for name in (MANIFEST, PACKED)})
    except (OSError, ValueError):
        return False


def _write(place: Path, stamp: str, contents: Mapping[str, bytes]) -> Path:
    """Write the folder and rename it into place; a folder from a quicker process stays."""
    place.mkdir(parents=True, exist_ok=True)
    folder = place / stamp[:32]
    made = Path(tempfile.mkdtemp(prefix=".tmp-", dir=place))
    try:
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        for name, content in {**contents, HASHES: json.dumps(hashes).encode()}.items():
            (made / name).write_bytes(content)
            sync(made / name)
        made.chmod(0o755)
        if folder.exists() and not _is_whole(folder):
            shutil.rmtree(folder)
        try:
            made.rename(folder)
        except OSError:
            if not _is_whole(folder):
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    _forget_older(place, folder)
    return folder


def _forget_older(place: Path, newest: Path) -> None:
    """Delete old versions and leftovers of killed processes; keep a few that others may be reading."""
    older = sorted((path for path in place.iterdir() if path != newest), key=_age)
    for path in older[_KEPT_PROJECTS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:  # deleted by another process
        return 0.0


@lru_cache(maxsize=2)  # the installation's, and the one of the work file
def _read(path: Path, *_file_version: int) -> Mapping[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType({**content, "nodes": MappingProxyType(content["nodes"])})
