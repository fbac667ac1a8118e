"""The three invented Kobo forms: their columns, their choices and how a case is answered in them.

One form is built on HTCDS names and codes, one on its own short codes, one is exported with English labels.
"""

from __future__ import annotations

from dataclasses import dataclass

from seeds.build.partners.dice import Dice
from seeds.build.partners.journeys import Case

Answers = dict[str, str | tuple[str, ...]]
ALPHA_2 = {"KEN": "KE", "UGA": "UG", "TZA": "TZ", "ETH": "ET", "SOM": "SO", "SSD": "SS", "COD": "CD",
           "BDI": "BI", "RWA": "RW"}  # fmt: skip
COUNTRY = {"UGA": "Uganda", "TZA": "Tanzania", "ETH": "Ethiopia", "SOM": "Somalia", "SSD": "South Sudan",
           "COD": "DRC", "BDI": "Burundi", "RWA": "Rwanda"}  # fmt: skip
HTCDS = {
    "female": "Feminine", "male": "Masculine", "given": "TRUE", "refused": "FALSE", "not_recorded": "",
    "confirmed": "ActualVictimOfTrafficking", "presumed": "PossibleVictimOfTrafficking",
    "family_network": "ThroughFamilyOrFamilyEvents", "friends_social": "ThroughFriendsOrSocialEvents",
    "online_social": "ThroughOnlineSocialNetworks", "employment_agency": "AtAPlaceOfBusiness",
    "threats": "PhysicalThreats", "takes_earnings": "TakesEarnings",
    "withholds_documents": "WithholdsDocuments", "false_promises": "FalsePromises",
    "restricts_movement": "RestrictsFinancialAccess", "sexual_exploitation": "SexualExploitation",
    "forced_labour": "ForcedLabour", "domestic_servitude": "Servitude", "child_labour": "ChildLabour",
    "forced_begging": "ForcedBegging", "forced_marriage": "ForcedMarriage",
    "agriculture": "A_AgricultureForestryAndFishing", "fishing": "A_AgricultureForestryAndFishing",
    "construction": "F_Construction", "manufacturing": "C_Manufacturing",
    "street_trade": "G_WholesaleAndRetailTradeRepairOfMotorVehicles",
    "hospitality": "I_AccommodationAndFoodServiceActivities",
    "domestic_work": "T_ActivitiesOfHouseholdsAsEmployers",
}  # fmt: skip
SHORT = {
    "given": "yes", "refused": "no", "not_recorded": "", "female": "f", "male": "m",
    "sexual_exploitation": "sexual", "forced_labour": "labour", "domestic_servitude": "domestic",
    "child_labour": "child_labour", "forced_begging": "begging", "forced_marriage": "marriage",
    "forced_criminality": "crime", "motorcycle": "boda", "aircraft": "plane",
}  # fmt: skip
LABELS = {
    "given": "Yes", "refused": "No", "not_recorded": "", "female": "Female", "male": "Male",
    "sexual_exploitation": "Sexual exploitation", "forced_labour": "Forced labour",
    "domestic_servitude": "Domestic servitude", "child_labour": "Child labour",
    "forced_begging": "Begging", "forced_marriage": "Forced marriage",
    "forced_criminality": "Forced crime", "bus": "Bus", "matatu": "Matatu", "lorry": "Lorry",
    "foot": "On foot", "motorcycle": "Boda boda", "boat": "Boat", "aircraft": "Plane",
    "family_network": "Family member", "friends_social": "Friend",
    "online_social": "Online / social media", "employment_agency": "Employment agency",
    "personal_contact": "Somebody who came to us", "confirmed": "Confirmed", "presumed": "Suspected",
    "high_risk": "At risk", "prevented": "Stopped on the way", "smuggling": "Smuggling",
}  # fmt: skip


@dataclass(frozen=True)
class KoboForm:
    partner: str
    title: str
    legs_sheet: str
    exports: tuple[tuple[str, int], ...]  # file name and the last month it holds
    questions: dict[str, str]  # what is asked → column
    many: dict[str, tuple[str, ...]]  # choose-many questions and their choices
    select_multiple: str  # both, joined or flags
    choices: dict[str, str]  # our code → the form's choice
    leg_columns: tuple[str, str]
    labels: bool = False

    @property
    def columns(self) -> list[str]:
        found = []
        for asked, column in self.questions.items():
            if asked not in self.many or self.select_multiple != "flags":
                found.append(column)
            if asked in self.many and self.select_multiple != "joined":
                found += [f"{column}/{choice}" for choice in self.many[asked]]
        return found

    def lay_out(self, answers: Answers) -> list[object]:
        """The answers in the order of `columns`; a question nobody answered leaves its flags empty."""
        cells: list[object] = []
        for asked in self.questions:
            answer = answers.get(asked, "")
            if asked not in self.many:
                cells.append(answer)
                continue
            if self.select_multiple != "flags":
                cells.append(" ".join(answer))
            if self.select_multiple != "joined":
                cells += [("1" if choice in answer else "0") if answer else "" for choice in self.many[asked]]
        return cells

    def answer(self, case: Case, dice: Dice) -> Answers:
        say = self._say
        born = f"{case.born_on:%Y-%m-%d}" if dice.chance(0.9) else ""
        started = f"{case.event_on:%Y-%m-%d}T{dice.whole(6, 16):02d}:{dice.whole(0, 59):02d}:00.000+03:00"
        date_answer = f"{case.event_on:%Y-%m-%d}"
        return {
            "start": started,
            "consent": say(case.consent),
            "date": dice.pick(("", "1900-01-01", "2042-02-11")) if case.date_fault else date_answer,
            "given": f"{case.given} {case.second_given}",
            "surname": case.surname,
            "full_name": f"{case.given} {case.surname}",
            "born_year": born[:4],
            "phone": f"+254700000{dice.whole(0, 999):03d}",
            "sex": say(case.sex),
            "born": born,
            "age": "" if dice.chance(0.03) else str(case.age),
            "nationality": ALPHA_2[case.nationality],
            "status": say(case.status),
            "recruitment": say(case.recruitment),
            "controls": tuple(say(control) for control in case.controls),
            "exploitation": (say(case.form.exploitation),),
            "industry": say(case.form.industry) if case.form.industry else "",
            "modes": tuple(say(mode) for mode in case.modes),
            "origin": case.origin,
            "origin_country": COUNTRY.get(case.origin_area, "Kenya"),
            "told": case.intended,
            "exploited": case.exploited_at,
            "about": "synthetic sample",
            "notes": "Synthetic note: her sister is on 0700 000 111" if dice.chance(0.05) else "",
        }

    def legs(self, case: Case, dice: Dice) -> list[tuple[str, str]]:
        mode = dice.pick([mode for mode in case.modes if mode != "aircraft"] or ["bus"])
        return [(stop, LABELS[mode] if self.labels else SHORT.get(mode, mode)) for stop in case.stops]

    def _say(self, code: str) -> str:
        if self.choices is HTCDS:
            elsewhere = {"high_risk", "prevented", "smuggling"}
            return HTCDS.get(code, "NotAVictimOfTrafficking" if code in elsewhere else "Other")
        return self.choices.get(code, code)


_CONTROLS = (
    "PhysicalThreats",
    "TakesEarnings",
    "WithholdsDocuments",
    "FalsePromises",
    "RestrictsFinancialAccess",
)
_TYPES = ("sexual_exploitation", "forced_labour", "domestic_servitude", "child_labour", "forced_begging",
          "forced_marriage")  # fmt: skip
_MODES = ("bus", "matatu", "lorry", "foot", "motorcycle", "boat", "aircraft")

_HTCDS_QUESTIONS = {
    "start": "start", "consent": "con_Consent", "date": "cas_IncomingReferralDate",
    "given": "prs_First_Name", "surname": "prs_Second_Name", "born_year": "birth_year",
    "phone": "prs_MobilePhone", "sex": "prs_Gender", "born": "prs_Birthdate",
    "nationality": "prs_Citizenship", "status": "vic_TraffickingStatus",
    "recruitment": "vic_MethodOfRecruitment", "controls": "vic_Methods_of_Control",
    "exploitation": "vic_TypeOfExploitation", "industry": "vic_ForcedLabourIndustry",
    "origin": "journey/origin_town", "origin_country": "journey/origin_country",
    "told": "journey/told_destination", "exploited": "vic_LocationOfExploitation", "notes": "notes",
}  # fmt: skip
_SHORT_QUESTIONS = {
    "start": "start", "consent": "consent", "date": "left_on", "given": "full_name", "phone": "phone",
    "sex": "sex", "age": "age", "nationality": "nationality", "origin": "origin", "told": "told_destination",
    "exploited": "where_it_happened", "modes": "transport", "recruitment": "recruitment",
    "exploitation": "exploitation", "status": "status", "notes": "notes",
}  # fmt: skip
_LABELLED_QUESTIONS = {
    "start": "start", "consent": "Case/May we share this", "date": "Journey/Date left home",
    "given": "Case/First name", "surname": "Case/Family name", "born_year": "Case/Year of birth",
    "phone": "Case/Phone", "sex": "Case/Sex", "age": "Case/Age", "nationality": "Case/Nationality",
    "origin": "Journey/Home town", "told": "Journey/Where were you told you were going",
    "exploited": "Journey/Where did it happen", "modes": "Journey/Means of transport",
    "recruitment": "Journey/How recruited", "exploitation": "Journey/Type of exploitation",
    "status": "Case/Decision", "notes": "Notes",
}  # fmt: skip

_FORMS = (
    KoboForm(
        partner="korongo_network",
        title="Korongo intake (synthetic)",
        legs_sheet="legs",
        exports=(("Korongo_intake_-_all_versions_-_False_-_2026-10-02-07-30-00.xlsx", 35),),
        questions=_HTCDS_QUESTIONS,
        many={"controls": _CONTROLS, "exploitation": (*(HTCDS[code] for code in _TYPES), "Other")},
        select_multiple="both",
        choices=HTCDS,
        leg_columns=("leg_place", "leg_transport"),
    ),
    KoboForm(
        partner="tembo_field",
        title="Tembo survey (synthetic)",
        legs_sheet="stops",
        exports=(("Tembo_survey_-_all_versions_-_False_-_2026-10-03-06-10-00.xlsx", 35),),
        questions=_SHORT_QUESTIONS,
        many={"exploitation": (), "modes": ()},
        select_multiple="joined",
        choices=SHORT,
        leg_columns=("stop_name", "stop_transport"),
    ),
    KoboForm(
        partner="nyati_response",
        title="Nyati intake (synthetic)",
        legs_sheet="Stops on the way",
        exports=(
            ("Nyati intake - latest version - English (en) - 2026-04-03-08-00-00.xlsx", 29),
            ("Nyati intake - latest version - English (en) - 2026-10-02-08-00-00.xlsx", 35),
        ),
        questions=_LABELLED_QUESTIONS,
        many={
            "modes": tuple(LABELS[mode] for mode in _MODES),
            "exploitation": tuple(LABELS[code] for code in (*_TYPES, "forced_criminality")),
        },
        select_multiple="flags",
        choices=LABELS,
        leg_columns=("Journey/Stops on the way/Stop", "Journey/Stops on the way/Transport to stop"),
        labels=True,
    ),
)
FORMS_IN_USE = {form.partner: form for form in _FORMS}
