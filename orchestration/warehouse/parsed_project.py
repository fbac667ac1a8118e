"""The parsed dbt project: parsed once for an installation and shared by its homes.

It lies in `dbt_project/target/parsed/<hash of the project>/`; where that folder cannot be written (a
container image, another account), in `work/dbt/parsed/` of the home. Beside `manifest.json`, which holds the
queries of data tests, lies what dbt keeps to parse the same project again in a second.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestration.core import DBT_PROJECT, REFERENCE_SEEDS, NjiaError, Settings, dbt_target, durable, sync
from orchestration.warehouse.engines import versions

MANIFEST, STATE = "manifest.json", "partial_parse.msgpack"
_KEPT_PROJECTS = 3
# dbt's messages, logs and files are off, because a cast error quotes a cell.
QUIET = ("--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "none")


def manifest_path(settings: Settings) -> Path:
    """Return manifest.json of the present project; parse it, in some ten seconds, where a file changed."""
    stamp = project_hash(settings.engine)[:32]
    shared, own = dbt_target() / "parsed", settings.work / "dbt" / "parsed"
    for place in (shared, own):
        if (place / stamp / MANIFEST).is_file():
            return place / stamp / MANIFEST
    try:
        made = _new_folder(shared)
    except OSError:
        try:
            made = _new_folder(own)
        except OSError as error:
            raise NjiaError(
                f"The dbt project cannot be parsed: {own} cannot be written ({error.strerror})."
            ) from None
    try:
        parse_into(made, settings.engine)
        parsed = made.with_name(stamp)
        parsed.mkdir(exist_ok=True)
        for name in (STATE, MANIFEST):  # the manifest last: with it the folder is whole
            sync(made / name)
            durable.rename(made / name, parsed / name)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    # Old versions and leftovers of killed processes go; a few stay that others may be reading.
    with suppress(FileNotFoundError):  # another process deletes them
        others = [path for path in parsed.parent.iterdir() if path != parsed]
        for path in sorted(others, key=lambda path: -path.stat().st_mtime)[_KEPT_PROJECTS - 1 :]:
            shutil.rmtree(path, ignore_errors=True)
    return parsed / MANIFEST


def read_manifest(path: Path) -> Mapping[str, Any]:
    """Return the read-only content of a manifest.json: megabytes, read once a process.

    Raises OSError for a missing file, ValueError and KeyError for a file that is not dbt's.
    """
    status = path.stat()
    return _read(path, status.st_ino, status.st_mtime_ns, status.st_size)


def manifest_nodes(path: Path) -> Mapping[str, Mapping[str, Any]]:
    nodes: Mapping[str, Mapping[str, Any]] = read_manifest(path)["nodes"]
    return nodes


def source_files(path: Path) -> dict[str, str]:
    """Return the files of each source (`typed.records`), as a pattern within `work/`."""
    sources = read_manifest(path)["sources"].values()
    return {f"{source['source_name']}.{source['name']}": source["meta"]["files"] for source in sources}


def project_hash(engine: str) -> str:
    """Hash everything that decides what dbt builds from the same sources."""
    programs = [version("dbt-core"), *versions(engine)]
    digest = hashlib.sha256(f"{DBT_PROJECT}\x00{engine}\x00{chr(0).join(programs)}".encode())
    digest.update(Path(__file__).read_bytes())
    folders = (DBT_PROJECT, REFERENCE_SEEDS)
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if not {"target", "logs"} & set(path.parts[len(DBT_PROJECT.parts) :]):
            digest.update(f"{path.name}\x00".encode() + path.read_bytes())
    return digest.hexdigest()


def folders(target: Path) -> list[str]:
    """Return arguments of dbt's command line: the project, and the folder that takes dbt's files."""
    return [
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target), "--log-path", str(target)),
    ]


def parse_into(folder: Path, engine: str) -> None:
    """Parse the project, and compile its models and data tests, into a folder."""
    from dbt.cli.main import dbtRunner

    queries = ("--select", "resource_type:test", "resource_type:model", "--no-populate-cache")
    with environment(NJIA_ENGINE=engine):
        done = dbtRunner().invoke(["compile", *folders(folder), *queries, *QUIET])
    if not done.success:
        raise NjiaError(
            f"The dbt project does not parse ({done.exception}). Run `make check` to see it alone."
        ) from done.exception


def _new_folder(place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=".tmp-", dir=place))


@lru_cache(maxsize=2)  # the installation's, and the one of the work file
def _read(path: Path, *_file_version: int) -> Mapping[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType({**content, "nodes": MappingProxyType(content["nodes"])})


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set environment variables, which dbt's profile reads, and restore them afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
