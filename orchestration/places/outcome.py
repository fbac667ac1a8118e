"""Input and output of the resolver: a mention and its outcome."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.places.normalise import norm

RESOLVED_FROM = 0.6

REGION_ONLY = "flag:place_region_only"
ALTERNATIVES = "flag:place_alternatives"
RIVALS = "flag:place_rivals"
TWIN_ASSUMED = "flag:twin_assumed"
MISSPELT = "flag:place_fuzzy"
IN_COUNTRY_COLUMN = "flag:place_in_country_column"
POINT_NAME_CONFLICT = "flag:geo_name_conflict"
CODE_NAME_CONFLICT = "flag:code_name_conflict"
UNRESOLVED = "unk:place_unresolved"
AMBIGUOUS = "unk:place_ambiguous"
COUNTRY_CONFLICT = "unk:place_country_conflict"
COUNTY_CONFLICT = "unk:place_county_conflict"
CODE_SYSTEM_UNKNOWN = "unk:code_system_unknown"
FREE_TEXT = "strip:free_text"


@dataclass(frozen=True)
class Mention:
    """Texts of one place in a record.

    `country_is_code`: two letters in the country column are a code (`NA` is Namibia); beside full names of
    countries
    `NA` may mean nothing. `code_system`: of `place_code`; None where the contract does not name it.
    """

    place_text: str | None = None
    admin_text: str | None = None
    country_text: str | None = None
    default_country: str | None = None
    country_is_code: bool = True
    code_system: str | None = None
    place_code: str | None = None

    @property
    def name(self) -> str:
        """The text that a steward's decision is about, normalised: of the place, else of its area, its code,
        its country."""
        texts = (self.place_text, self.admin_text, self.place_code, self.country_text)
        return next(filter(None, (norm(text or "") for text in texts)), "")


@dataclass(frozen=True)
class Outcome:
    """The result for a mention: the columns of `work/places/matches.parquet` without the id.

    `score`: likeness of text and name, from 0 to 1; `confidence` also counts rivals and context.
    """

    status: str
    method: str
    place_id: str | None = None
    kind: str | None = None
    country: str | None = None
    county: str | None = None
    precision: str = "none"
    confidence: float = 0.0
    score: float = 1.0
    rivals: tuple[str, ...] = ()
    is_border_twin: bool = False
    country_label: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def needs_steward(self) -> bool:
        """Whether a steward could decide more: not for places stated as unknown, or for regions."""
        return self.status != "resolved" and self.problems != (REGION_ONLY,) and self.kind != "unknown"


def asked_but_unknown() -> Outcome:
    """Return the outcome of a place that the record states as unknown."""
    return Outcome("unresolved", "stop_list", kind="unknown")


def region_only(label: str) -> Outcome:
    return Outcome(
        "unresolved", "stop_list", precision="region", country_label=label, problems=(REGION_ONLY,)
    )


def unresolved(problem: str, method: str = "none", rivals: tuple[str, ...] = ()) -> Outcome:
    return Outcome("unresolved", method, rivals=rivals, problems=(problem,))
