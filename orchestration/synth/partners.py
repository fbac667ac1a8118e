"""The invented case partners: what each of them watches, since when, and how much of the world it sees.

How a partner writes its files down is in the layout modules; how they are read is in its contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from orchestration.synth.corridors import Corridor

FIRST_MONTH = date(2023, 10, 1)
MONTHS = 36


@dataclass(frozen=True)
class CasePartner:
    code: str
    size: float  # its part of all cases, relative to the others
    watches: tuple[str, ...]  # counties; empty: the whole country
    first_month: int = 0
    last_month: int = MONTHS - 1
    asks_consent: bool = False
    keeps_names: bool = False  # its columns allow linkage

    def reach(self, corridor: Corridor) -> float:
        """How strongly the partner sees a corridor: by the ends it watches."""
        if not self.watches:
            return 0.5
        return float(sum(area in self.watches for area in (corridor.origin, corridor.destination)))

    def is_active(self, month_number: int) -> bool:
        return self.first_month <= month_number <= self.last_month


CASE_PARTNERS = (
    CasePartner("kobe_shelter", 10, ("KE047", "KE022", "KE016"), asks_consent=True, keeps_names=True),
    CasePartner("simba_safe_house", 8, ("KE001", "KE002", "KE003", "KE006"), keeps_names=True),
    CasePartner("chiriku_desk", 7.5, ("KE037", "KE039", "KE040", "KE026")),
    CasePartner("ngamia_north", 6, ("KE007", "KE008", "KE009", "KE010", "KE011")),
    # Stopped reporting after June 2025.
    CasePartner("heroe_lakeside", 4, ("KE041", "KE042", "KE043", "KE044"), last_month=20),
    CasePartner("korongo_network", 11, ("KE047", "KE032", "KE027"), asks_consent=True, keeps_names=True),
    CasePartner(
        "nyati_response", 8, ("KE015", "KE017", "KE033", "KE034"), asks_consent=True, keeps_names=True
    ),
    # Joined in January 2025 and is big at once: must not make a hotspot of its counties.
    CasePartner("tembo_field", 10, ("KE012", "KE013", "KE014", "KE020"), first_month=15, asks_consent=True),
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


LAST_DAY = date.fromordinal(month_of(MONTHS).toordinal() - 1)
