"""Where everything lives: NJIA_HOME, every path in it, and the one place that reads the environment."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.core.errors import UsageError

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
REFERENCE_SEEDS = PROJECT_ROOT / "seeds" / "reference"
DEFAULT_DESK_URL = "http://127.0.0.1:3030"
SAMPLE_PARTNERS = PROJECT_ROOT / "seeds" / "partners"


@dataclass(frozen=True)
class Settings:
    """The paths of one installation. `as_of` is the time that decides embargoes, lags and expiry.

    `boundaries` is the operator's own file of county boundaries, None for the layer that ships with Njia.
    `waivers_need_second`: a check waiver holds only once a second person has confirmed it.
    `desk_url` is where stewards reach the desk: links in the Dagster UI and in messages begin with it.
    `notify` is the file that says who is told of what goes wrong, and how; None for the folder alone.
    `require_encrypted_volume` refuses a home that is not seen to lie on one, unless `volume_is_encrypted`
    says so; `delete_work` leaves nothing made of records in the work folder. `drafts_lists` is on for a
    refresh under way alone: the stewards' lists that it writes take effect when it ends.
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

    @classmethod
    def from_environment(cls, home: Path | str | None = None, partners: Path | str | None = None) -> Settings:
        """Arguments win over NJIA_HOME and NJIA_PARTNERS; NJIA_AS_OF (ISO 8601) fixes the clock.

        Whether NJIA_BOUNDARIES can be drawn with is told by what draws, not here.
        """
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
        )

    def as_of(self) -> datetime:
        """Read the clock, once a refresh: the caller passes the answer on."""
        return self.fixed_as_of or datetime.now(UTC).replace(microsecond=0)

    @property
    def has_sample_partners(self) -> bool:
        """Whether the partners are those that ship with Njia: made up, and so is all that they send."""
        return self.partners == SAMPLE_PARTNERS.resolve()

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def sealed(self) -> Path:
        return self.home / "sealed"

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def link_codes(self) -> Path:
        """Keyed codes of what identifies persons, one file an extract, beside what landed of it."""
        return self.home / "link_codes"

    @property
    def decisions(self) -> Path:
        return self.home / "decisions"

    @property
    def review(self) -> Path:
        return self.home / "review"

    @property
    def audit(self) -> Path:
        """Who decided, unsealed, traced or exported what and when; append-only."""
        return self.home / "audit"

    @property
    def forgotten(self) -> Path:
        """Keyed tombstones of the records that were forgotten, one file a partner."""
        return self.home / "forgotten"

    @property
    def notices(self) -> Path:
        """Messages as files, and which message has reached whom."""
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
        """What stands behind each release: published key → extracts and rows, for `njia trace`."""
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
        """Public rows of closed periods, as the newest release that published them holds them."""
        return self.work / "carried"

    @property
    def spill(self) -> Path:
        """What does not fit into memory, while a step runs."""
        return self.work / "spill"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def lock(self) -> Path:
        return self.home / "refresh.lock"


def secret_from(variable: str) -> str | None:
    """A password that an operator keeps in the environment, under a name of their own choice."""
    return os.environ.get(variable) or None


def dbt_target() -> Path:
    """Where dbt keeps what it makes of the project: DBT_TARGET_PATH, as dbt itself reads it."""
    return Path(os.environ.get("DBT_TARGET_PATH") or DBT_PROJECT / "target")


def has_display() -> bool:
    """Whether a browser can show something: without a screen it would be one of text, in this terminal."""
    asked = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in asked)


def _is_on(name: str) -> bool:
    given = os.environ.get(name, "").strip().lower()
    if given in ("1", "yes", "true", "on"):
        return True
    if given in ("", "0", "no", "false", "off"):
        return False
    raise UsageError(f"{name} must be 1 (on) or 0 (off).")


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
