"""The members' files of the release in force: pages to look at, files to download. Each is logged first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from orchestration.stewardship import audit
from orchestration.stewardship.desk.accounts import DESK, REFRESH
from orchestration.stewardship.desk.elsewhere import PublishedRelease
from orchestration.stewardship.desk.lists import Cell, Column, List
from orchestration.stewardship.desk.pages import size
from orchestration.stewardship.desk.views.refreshing import refreshing
from orchestration.stewardship.desk.visit import Visit

MEMBERS = "members"
EVIDENCE_BASE, MAP = "evidence_base.duckdb", "report/map.html"
# Pages that a browser shows, with their titles; it saves all other files. Each page loads nothing.
SHOWN = {"report/index.html": "files.report", MAP: "files.map", "report/quality.html": "files.quality"}
FOLDERS = {"parquet": "files.parquet", "exports": "files.exports", "report": "files.report_files"}
# The map carries a policy of its own, which allows its own scripts alone.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: blob:; font-src data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; script-src "
)


@dataclass(frozen=True)
class MembersFile:
    """`name` is its path in the members' edition, which is also its address under `/files/`."""

    name: str
    size: int


def files(visit: Visit) -> Response:
    release = visit.desk.elsewhere.current(visit.settings)
    found = {one.name: one for one in _files(release)} if release else {}
    account = visit.account
    has_no_front_page = account and account.may_enter(REFRESH) and not account.may_enter(DESK)
    return visit.page(
        "files",
        release=release,
        refresh=refreshing(visit) if has_no_front_page else None,
        shown=[(name, title) for name, title in SHOWN.items() if name in found],
        evidence_base=found.get(EVIDENCE_BASE),
        list=_listed(visit, list(found.values())),
    )


def _listed(visit: Visit, found: list[MembersFile]) -> List:
    columns = (
        Column("name", "files.file", show=lambda one: Cell(one.name, f"/files/{one.name}")),
        Column("folder", "files.folder", lambda one: one.name.partition("/")[0] if "/" in one.name else "",
               said=lambda folder: visit.words.known(FOLDERS.get(folder, ""), folder),
               is_facet=True, is_hidden=True),
        Column("size", "files.size", show=lambda one: Cell(size(one.size)), is_number=True),
    )  # fmt: skip
    return List(visit, found, columns)


def file(visit: Visit) -> Response:
    """Send one file. The log has its line first."""
    name = str(visit.request.path_params["path"])
    release = visit.desk.elsewhere.current(visit.settings)
    # Compared with the names that there are, so no name leads out of the folder.
    if release is None or name not in {one.name for one in _files(release)}:
        raise HTTPException(404)
    action = "viewed" if name in SHOWN else "exported"
    audit.record(visit.settings, visit.author, action, release.release_id, edition=MEMBERS, file=name)
    path = release.edition(MEMBERS) / name
    if name in SHOWN:
        scripts = "'unsafe-inline'" if name == MAP else "'none'"
        return FileResponse(path, headers={"Content-Security-Policy": POLICY + scripts})
    return FileResponse(path, filename=f"{release.release_id}-{path.name}")


def _files(release: PublishedRelease) -> list[MembersFile]:
    folder: Path = release.edition(MEMBERS)
    return [
        MembersFile(path.relative_to(folder).as_posix(), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    ]
