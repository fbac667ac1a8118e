"""The invented case partners: what each of them watches, since when, and how much of the world it sees.

Who joins, leaves, grows or moves stands in `planted`. How a partner writes its files down is in the layout
modules; how they are read is in its contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from seeds.build.partners.corridors import Corridor
from seeds.build.partners.planted import PARTNER_CHANGES, PartnerChange

FIRST_MONTH = date(2023, 10, 1)
MONTHS = 36


@dataclass(frozen=True)
class CasePartner:
    code: str
    size: float  # its part of all cases, relative to the others
    watches: tuple[str, ...]  # counties; empty: the whole country
    asks_consent: bool = False
    keeps_names: bool = False  # its columns allow linkage

    def is_active(self, month: date) -> bool:
        return not self._has("leaves", month) and (self._has("joins", month) or "joins" not in self._changes)

    def staff_in(self, month: date) -> float:
        """How many of its cases it would see in this month, beside its other months."""
        return 2.0 if self._has("doubles", month) else 1.0

    def watches_in(self, month: date) -> tuple[str, ...]:
        return self._changes["moves"].watches if self._has("moves", month) else self.watches

    def reach(self, corridor: Corridor, month: date) -> float:
        """How strongly the partner sees a corridor: by the ends it watches."""
        if not self.watches:
            return 0.5
        return float(sum(area in self.watches_in(month) for area in corridor.ends.values()))

    @property
    def _changes(self) -> dict[str, PartnerChange]:
        return {one.change: one for one in PARTNER_CHANGES if one.partner == self.code}

    def _has(self, change: str, month: date) -> bool:
        return change in self._changes and month >= self._changes[change].month


CASE_PARTNERS = (
    CasePartner("kobe_shelter", 10, ("KE047", "KE022", "KE016"), asks_consent=True, keeps_names=True),
    CasePartner("simba_safe_house", 8, ("KE001", "KE002", "KE003", "KE006"), keeps_names=True),
    CasePartner("chiriku_desk", 7.5, ("KE037", "KE040", "KE026")),
    CasePartner("ngamia_north", 6, ("KE007", "KE008", "KE009", "KE010", "KE011")),
    CasePartner("heroe_lakeside", 4, ("KE041", "KE042", "KE043", "KE044")),
    CasePartner(
        "korongo_network", 11, ("KE047", "KE032", "KE037", "KE039"), asks_consent=True, keeps_names=True
    ),
    CasePartner(
        "nyati_response", 8, ("KE015", "KE017", "KE033", "KE034"), asks_consent=True, keeps_names=True
    ),
    CasePartner("tembo_field", 10, ("KE012", "KE013", "KE014", "KE020"), asks_consent=True),
    CasePartner("mbuni_line", 13, (), asks_consent=True),
    CasePartner("pweza_coast", 5.5, ("KE001", "KE003", "KE004", "KE005")),
    CasePartner(
        "sungura_legal", 4.5, ("KE018", "KE019", "KE021", "KE047"), asks_consent=True, keeps_names=True
    ),
)

# They show further layouts with few records; `size` is how many, of all that `synth` draws by default.
LAYOUT_PARTNERS = (
    CasePartner("kasuku_network", 65, ("KE047", "KE016"), asks_consent=True),
    CasePartner("kifaru_rescue", 65, ("KE010", "KE011", "KE023"), asks_consent=True),
    CasePartner("digidigi_trust", 65, ("KE001", "KE003", "KE006"), asks_consent=True),
    CasePartner("nyuki_line", 60, ("KE042", "KE044", "KE040")),
    CasePartner("duma_children", 90, ("KE047", "KE022", "KE042")),
    CasePartner("faru_registry", 80, ("KE047", "KE001", "KE040")),
    CasePartner("twiga_border_watch", 75, ("KE040", "KE010", "KE044")),
    CasePartner("nyumbu_flows", 110, ("KE040", "KE010", "KE007")),
)


def month_of(number: int) -> date:
    """The first day of a month, counted from the first one."""
    months = FIRST_MONTH.month - 1 + number
    return date(FIRST_MONTH.year + months // 12, months % 12 + 1, 1)


def month_number(month: date) -> int:
    """How many months after the first one it is."""
    return 12 * (month.year - FIRST_MONTH.year) + month.month - FIRST_MONTH.month


LAST_DAY = date.fromordinal(month_of(MONTHS).toordinal() - 1)
