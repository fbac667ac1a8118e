"""Settings and paths of an installation. This module alone reads the environment."""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.core.errors import UsageError

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
REFERENCE_SEEDS = PROJECT_ROOT / "seeds" / "reference"
DEFAULT_DESK_URL = "http://127.0.0.1:3030"
# The address of the Dagster UI and the desk. Access from elsewhere needs a tunnel or proxy: docs/security.md.
LOOPBACK = "127.0.0.1"
SAMPLE_PARTNERS = PROJECT_ROOT / "seeds" / "partners"


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
    `require_encrypted_volume`: refuse a home on an unencrypted volume, unless `volume_is_encrypted`.
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
    require_encrypted_volume: bool = False
    volume_is_encrypted: bool = False
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
        keys = Path(os.environ.get("NJIA_KEYS") or chosen_home / "keys").resolve()
        own_boundaries, notify = os.environ.get("NJIA_BOUNDARIES"), os.environ.get("NJIA_NOTIFY")
        backup_password = os.environ.get("NJIA_BACKUP_PASSWORD_FILE")
        return cls(
            chosen_home,
            chosen_partners,
            keys,
            _parse_as_of(os.environ.get("NJIA_AS_OF")),
            Path(own_boundaries).resolve() if own_boundaries else None,
            _is_on("NJIA_WAIVERS_NEED_SECOND"),
            (os.environ.get("NJIA_DESK_URL") or DEFAULT_DESK_URL).rstrip("/"),
            Path(notify).resolve() if notify else None,
            require_encrypted_volume=_is_on("NJIA_REQUIRE_ENCRYPTED_VOLUME"),
            volume_is_encrypted=_is_on("NJIA_VOLUME_IS_ENCRYPTED"),
            delete_work=_is_on("NJIA_DELETE_WORK"),
            publishes_after_review=_one_of("NJIA_PUBLISH", "automatic", "after_review") == "after_review",
            signatures=int(_one_of("NJIA_SIGNATURES", "1", "2")),
            refresh_after=_minutes("NJIA_REFRESH_AFTER_DECISIONS", 10),
            engine=_one_of("NJIA_ENGINE", "duckdb", "spark"),
            backup_password=Path(backup_password).resolve() if backup_password else None,
        )

    def as_of(self) -> datetime:
        """Return the time of this refresh in UTC. Call it once a refresh and pass the result on."""
        return self.fixed_as_of or datetime.now(UTC).replace(microsecond=0)

    @property
    def has_sample_partners(self) -> bool:
        """Whether the partners are the synthetic ones that ship with Njia."""
        return self.partners == SAMPLE_PARTNERS.resolve()

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def pulls(self) -> Path:
        """What is known of each source: when it was fetched, and a cursor; never a record."""
        return self.home / "pulls"

    @property
    def sealed(self) -> Path:
        return self.home / "sealed"

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def link_codes(self) -> Path:
        """Keyed codes of identifying columns, one file an extract."""
        return self.home / "link_codes"

    @property
    def decisions(self) -> Path:
        return self.home / "decisions"

    @property
    def review(self) -> Path:
        return self.home / "review"

    @property
    def audit(self) -> Path:
        """The audit log (who decided, unsealed, traced or exported what and when); append-only."""
        return self.home / "audit"

    @property
    def forgotten(self) -> Path:
        """Keyed tombstones of forgotten records, one file a partner."""
        return self.home / "forgotten"

    @property
    def notices(self) -> Path:
        """Messages as files, with their recipients."""
        return self.home / "notices"

    @property
    def desk(self) -> Path:
        """Accounts of the steward's desk."""
        return self.home / "desk"

    @property
    def receipts(self) -> Path:
        return self.home / "receipts"

    @property
    def lineage(self) -> Path:
        """Per release: published key → extracts and rows, for `njia trace`."""
        return self.home / "lineage"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """Symlink to the release in force; its atomic replacement is the only commit point."""
        return self.home / "current"

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def warehouse(self) -> Path:
        return self.work / "warehouse.duckdb"

    @property
    def typed(self) -> Path:
        return self.work / "typed"

    @property
    def statistics(self) -> Path:
        return self.work / "statistics"

    @property
    def linkage(self) -> Path:
        return self.work / "linkage"

    @property
    def carried(self) -> Path:
        """Public rows of closed periods, copied from the newest release that published them."""
        return self.work / "carried"

    @property
    def spill(self) -> Path:
        """Temporary files of a running step."""
        return self.work / "spill"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def last_backup(self) -> Path:
        """When the last backup was made."""
        return self.home / "last_backup.json"

    @property
    def backup_links(self) -> Path:
        """Links to the files of a backup under way."""
        return self.work / "backup"

    @property
    def lock(self) -> Path:
        return self.home / "refresh.lock"


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


def loopback_hosts(port: int) -> frozenset[str]:
    """Return the Host headers that name this machine; any other may be DNS rebinding."""
    names = {LOOPBACK, "localhost", "[::1]"}  # the last one: through a tunnel
    return frozenset({f"{name}:{port}" for name in names} | (names if port == 80 else set()))
