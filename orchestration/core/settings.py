"""Settings and paths of an installation. This module alone reads the environment."""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
REFERENCE_SEEDS = PROJECT_ROOT / "seeds" / "reference"
DEFAULT_DESK_URL = "http://127.0.0.1:3030"
# The address of the Dagster UI and the desk. Access from elsewhere needs a tunnel or proxy: docs/security.md.
LOOPBACK = "127.0.0.1"
NAIROBI = timezone(timedelta(hours=3), "EAT")
SAMPLE_PARTNERS = PROJECT_ROOT / "seeds" / "partners"


class _Below:
    """A path below the home."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, settings: Settings, owner: type) -> Path:
        return settings.home / self._name


@dataclass(frozen=True)
class Settings:
    """Settings of one installation.

    `fixed_as_of`: the time that decides embargoes, lags and expiry; None reads the clock.
    `boundaries`: the operator's own file of county boundaries; None for the shipped layer.
    `waivers_need_second`: a check waiver holds only after a second person has confirmed it.
    `publishes_after_review`: a candidate that passes waits until stewards have signed it.
    `signatures`: how many stewards sign, 1 or 2.
    `desk_url`: address of the desk, with which links in the Dagster UI and in messages begin.
    `notify`: the file that lists recipients of messages; None writes them to the folder alone.
    `delete_work`: delete everything made of records from the work folder after a refresh.
    `refresh_after`: how long after the last decision a refresh starts by itself; None waits for the night.
    `engine`: what runs the SQL of the dbt project, `duckdb` or `spark`.
    `backup_password`: the file with the password of backups.
    `drafts_lists`: on during a refresh; its lists for stewards take effect when it ends.
    """

    home: Path
    partners: Path
    keys: Path
    fixed_as_of: datetime | None = None
    boundaries: Path | None = None
    waivers_need_second: bool = False
    desk_url: str = DEFAULT_DESK_URL
    notify: Path | None = None
    delete_work: bool = False
    drafts_lists: bool = False
    publishes_after_review: bool = False
    signatures: int = 1
    refresh_after: timedelta | None = timedelta(minutes=10)
    engine: str = "duckdb"
    backup_password: Path | None = None

    @classmethod
    def from_environment(cls, home: Path | str | None = None, partners: Path | str | None = None) -> Settings:
        """Read the environment; arguments win over NJIA_HOME and NJIA_PARTNERS. NJIA_AS_OF is ISO 8601."""
        chosen_home = Path(home or os.environ.get("NJIA_HOME") or PROJECT_ROOT / "var").resolve()
        chosen_partners = Path(partners or os.environ.get("NJIA_PARTNERS") or SAMPLE_PARTNERS).resolve()
        if chosen_home.exists() and not chosen_home.is_dir():
            raise UsageError(
                f"{chosen_home} is a file, not the folder of an installation. Choose a folder with NJIA_HOME "
                "or --home."
            )
        if not chosen_partners.is_dir():
            raise UsageError(
                f"The partners folder {chosen_partners} does not exist. Set NJIA_PARTNERS or --partners "
                "to the folder that holds one folder per partner."
            )
        return cls(
            chosen_home,
            chosen_partners,
            _path("NJIA_KEYS") or (chosen_home / "keys").resolve(),
            _parse_as_of(os.environ.get("NJIA_AS_OF")),
            _path("NJIA_BOUNDARIES"),
            _is_on("NJIA_WAIVERS_NEED_SECOND"),
            (os.environ.get("NJIA_DESK_URL") or DEFAULT_DESK_URL).rstrip("/"),
            _path("NJIA_NOTIFY"),
            delete_work=_is_on("NJIA_DELETE_WORK"),
            publishes_after_review=_one_of("NJIA_PUBLISH", "automatic", "after_review") == "after_review",
            signatures=int(_one_of("NJIA_SIGNATURES", "1", "2")),
            refresh_after=_minutes("NJIA_REFRESH_AFTER_DECISIONS", 10),
            engine=_one_of("NJIA_ENGINE", "duckdb", "spark"),
            backup_password=_path("NJIA_BACKUP_PASSWORD_FILE"),
        )

    def as_of(self) -> datetime:
        """Return the time of this refresh in UTC. Call it once a refresh and pass the result on."""
        return self.fixed_as_of or datetime.now(UTC).replace(microsecond=0)

    @property
    def has_sample_partners(self) -> bool:
        """Whether the partners are the synthetic ones that ship with Njia."""
        return self.partners == SAMPLE_PARTNERS.resolve()

    inbox = _Below("inbox")
    pulls = _Below("pulls")  # of each source when it was fetched, and a cursor; never a record
    sealed = _Below("sealed")
    landing = _Below("landing")
    link_codes = _Below("link_codes")  # keyed codes of identifying columns, one file an extract
    database = _Below("njia.db")  # decisions, audit log, sent forms and accounts
    review = _Below("review")
    audit = _Below("audit")  # the hash of the last line of the audit log
    forgotten = _Below("forgotten")  # keyed tombstones of forgotten records, one file a partner
    notices = _Below("notices")  # messages as files, with their recipients
    receipts = _Below("receipts")
    lineage = _Below("lineage")  # per release: published key → extracts and rows, for `njia trace`
    releases = _Below("releases")
    current = _Below("current")  # symlink to the release in force; replacing it is the only commit point
    dagster_home = _Below("dagster")
    last_backup = _Below("last_backup.json")  # when the last backup was made
    lock = _Below("refresh.lock")
    work = _Below("work")
    warehouse = _Below("work/warehouse.duckdb")
    typed = _Below("work/typed")
    statistics = _Below("work/statistics")
    linkage = _Below("work/linkage")
    fitted = _Below("work/fitted")
    carried = _Below("work/carried")  # public rows of closed periods, of the newest release with them
    spill = _Below("work/spill")  # temporary files of a running step
    backup_links = _Below("work/backup")  # links to the files of a backup under way


def secret_from(variable: str) -> str | None:
    """Return a password from the environment variable that the operator chose."""
    return os.environ.get(variable) or None


def dbt_target() -> Path:
    """Return dbt's target folder: DBT_TARGET_PATH, as dbt itself reads it."""
    return Path(os.environ.get("DBT_TARGET_PATH") or DBT_PROJECT / "target")


def has_display() -> bool:
    """Whether a graphical browser can open; without a screen a text browser would take over the terminal."""
    variables = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in variables)


def _path(name: str) -> Path | None:
    given = os.environ.get(name)
    return Path(given).resolve() if given else None


def _is_on(name: str) -> bool:
    given = os.environ.get(name, "").strip().lower()
    if given in ("1", "yes", "true", "on"):
        return True
    if given in ("", "0", "no", "false", "off"):
        return False
    raise UsageError(f"{name} must be 1 (on) or 0 (off).")


def _one_of(name: str, default: str, *others: str) -> str:
    given = os.environ.get(name, "").strip().lower() or default
    if given in (default, *others):
        return given
    raise UsageError(f"{name} must be {' or '.join((default, *others))}.")


def _minutes(name: str, default: int) -> timedelta | None:
    given = os.environ.get(name, "").strip().lower() or str(default)
    if given in ("0", "off"):
        return None
    if given.isdecimal() and len(given) < 6:
        return timedelta(minutes=int(given))
    raise UsageError(f"{name} must be a number of minutes, or off.")


def _parse_as_of(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "NJIA_AS_OF is not a date or time in ISO 8601, such as 2026-11-24 or 2026-11-24T02:00:00+03:00."
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def memory_limit() -> str:
    """Return how much memory DuckDB takes before it uses `work/spill/`."""
    return os.environ.get("NJIA_MEMORY_LIMIT") or "2GB"


def seed_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of `seeds/reference/<name>.csv` as dictionaries."""
    with (REFERENCE_SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def seed_words(name: str) -> dict[str, str]:
    """Return a list of `seeds/reference/words.csv`: its words, each with what it means."""
    return _lists_of_words()[name]


@cache
def _lists_of_words() -> dict[str, dict[str, str]]:
    lists: dict[str, dict[str, str]] = {}
    for row in seed_rows("words"):
        lists.setdefault(row["list"], {})[row["word"]] = row["means"]
    return lists


# Arrow's type of each type that is declared.
_TYPES = {
    "string": "string", "bigint": "int64", "integer": "int32", "double": "double", "date": "date32",
    "boolean": "bool",
}  # fmt: skip


@cache
def _tables() -> dict[str, list[dict[str, Any]]]:
    """The tables that Python's steps hand to dbt, by source, as dbt declares them."""
    import yaml

    text = (DBT_PROJECT / "models/staging/sources.yml").read_text(encoding="utf-8")
    sources = yaml.load(text, Loader=yaml.CSafeLoader)["sources"]
    return {source["name"]: source["tables"] for source in sources}


def descriptions_of(source: str) -> str:
    """What the tables of a source hold, in a sentence each."""
    return " ".join(table["description"] for table in _tables()[source])


def schemas_of(source: str) -> dict[str, pa.Schema]:
    """The schema of each table of a source such as `linkage`, by name."""
    import pyarrow as pa

    return {
        table["name"]: pa.schema(
            [(column["name"], _TYPES[column["data_type"]]) for column in table["columns"]]
        )
        for table in _tables()[source]
    }


def loopback_hosts(port: int) -> frozenset[str]:
    """Return the Host headers that name this machine; any other may be DNS rebinding."""
    names = {LOOPBACK, "localhost", "[::1]"}  # the last one: through a tunnel
    return frozenset({f"{name}:{port}" for name in names} | (names if port == 80 else set()))
