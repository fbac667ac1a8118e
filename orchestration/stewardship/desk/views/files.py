"""The members' files of the release in force: pages to look at, files to download. Each is logged first."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from orchestration.stewardship import audit
from orchestration.stewardship.desk.accounts import DESK, REFRESH
from orchestration.stewardship.desk.lists import Cell, Column, List
from orchestration.stewardship.desk.views.front import refreshing
from orchestration.stewardship.desk.visit import Visit, size

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


def files(visit: Visit) -> Response:
    release = visit.desk.elsewhere.current(visit.settings)
    sizes = _sizes(release)
    columns = (
        Column("name", "files.file", lambda one: one[0], lambda one: Cell(one[0], f"/files/{one[0]}")),
        Column("folder", "files.folder", lambda one: one[0].partition("/")[0] if "/" in one[0] else "",
               said=lambda folder: visit.words.known(FOLDERS.get(folder, ""), folder),
               is_facet=True, is_hidden=True),
        Column("size", "files.size", lambda one: one[1], lambda one: Cell(size(one[1])), is_number=True),
    )  # fmt: skip
    account = visit.account
    has_no_front_page = account and account.may_enter(REFRESH) and not account.may_enter(DESK)
    return visit.page(
        "files",
        release=release,
        refresh=refreshing(visit) if has_no_front_page else None,
        shown=[(name, title) for name, title in SHOWN.items() if name in sizes],
        evidence_base=EVIDENCE_BASE,
        size_of_evidence_base=sizes.get(EVIDENCE_BASE),
        list=List(visit, list(sizes.items()), columns),
    )


def file(visit: Visit) -> Response:
    """Send one file. The log has its line first."""
    name = str(visit.request.path_params["path"])
    release = visit.desk.elsewhere.current(visit.settings)
    # Compared with the names that there are, so no name leads out of the folder.
    if name not in _sizes(release):
        raise HTTPException(404)
    action = "viewed" if name in SHOWN else "exported"
    audit.record(visit.settings, visit.author, action, release.release_id, edition=MEMBERS, file=name)
    path = release.edition(MEMBERS) / name
    if name in SHOWN:
        scripts = "'unsafe-inline'" if name == MAP else "'none'"
        return FileResponse(path, headers={"Content-Security-Policy": POLICY + scripts})
    return FileResponse(path, filename=f"{release.release_id}-{path.name}")


def _sizes(release: Any) -> dict[str, int]:
    """Return the size of each file by its path in the members' edition, which is also its address."""
    folder = release.edition(MEMBERS) if release else None
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in (sorted(folder.rglob("*")) if folder else ())
        if path.is_file() and not path.is_symlink()
    }
