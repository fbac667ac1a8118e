"""A tiny world whose answers are worked out by hand.

Two case partners and two route partners. All people and organisations are invented. The day is 1 March 2026.

swala_post (cases, full)
    S1 S2  girls of 16 and 17, Busia → (Nakuru) → Nairobi, domestic servitude, March 2025
    S3     man, Kampala → (Malaba) → Mombasa, forced labour, March 2025
    S4     woman, Nairobi → Dubai intended, exploitation not known, April 2025
    S5     31 February: the date cannot be read                      → quarantined, date_invalid
    S6     a place that nobody knows, and no other                   → quarantined, no_place_resolved
    S7     10 February 2026: younger than thirty days on the day     → embargoed until the lag has passed
    S8     the person refused consent                                → never lands
    S9-S14 six women, Kisumu → Nairobi, domestic servitude, June 2025
kobe_post (cases, incremental)
    first file   K1 girl, Busia → Nairobi;  K2 man, Addis Ababa → (Moyale) → South Africa
    second file  K2 again: the destination was Nairobi               → the first K2 is superseded
tai_routes (route reports, rounds 2019 and 2020), chui_routes (route reports, 2020 only)
    2019   tai: Busia → Nairobi; Nairobi → Saudi Arabia
    2020   tai: Busia → Nairobi; Nairobi → Greece     chui: Nairobi → Greece; Nairobi → Rwanda
    New destination countries of 2020: Greece (two partners, one of them reported before: panel_confirmed)
    and Rwanda (only the partner that joined: new_source). Saudi Arabia is not seen again.

Two more partners come in tests of sources alone: they use one form of a form server (ONE_FORM).
mto_post     M1-M4  submissions 1 to 4: women, Kitui → Nairobi, May 2025
bonde_post   first file   B1-B3  submissions 11 to 13, the same way;  B4  submission 4, edited at bonde: it is M4
             second file  B5 B6  submissions 1 and 2;  B7  submission 14 → held, two of three are mto's
"""

from __future__ import annotations

from datetime import UTC, datetime

AS_OF = datetime(2026, 3, 1, 6, tzinfo=UTC)


class Given(str):
    """A text of this world. Replacing what it does not hold fails: the changed text would be the same one."""

    def replace(self, old: str, new: str, count: int = -1) -> Given:  # type: ignore[override]
        assert old in self, f"{old!r} is not in the text that was to be changed"
        return Given(super().replace(old, new, count))

    def format(self, *values: object, **named: object) -> Given:
        return Given(super().format(*values, **named))

    def __add__(self, more: str) -> Given:
        return Given(super().__add__(more))


AGREEMENT = """\
agreement: {{id: "TEST-1", valid_from: 2019-01-01, valid_to: {valid_to}, purposes: [statistics],
            finest_place: town, may_be_named: false, retention_years: 10}}
"""

CASES = Given("""\
contract: {partner}_cases
version: 1
partner: {{code: {partner}, name: "{partner} (synthetic)", steward: steward@{partner}.example}}
grain: case
files: "*.csv"
{agreement}
consent: {{column: Consent, values: {{"Yes": given, "No": refused}}}}
coverage:
  - {{places: [KE040, KE047, KE042], roles: [origin, transit, exploitation], from: 2025-01-01, to: null}}
delivery: {{mode: {mode}, cadence: monthly, grace_days: 15, key: Ref}}
format: {{kind: csv, encoding: utf-8, delimiter: ";"}}
locale: {{dates: dmy, timezone: Africa/Nairobi, default_country: KEN, languages: [en, sw]}}
fields:
  event_kind: {{constant: registered}}
  event_on: {{column: Date, required: true}}
  sex: {{column: Sex, values: {{F: female, M: male}}}}
  age_band: {{column: Age, from: age_text}}
  place(origin).place_text: {{column: From, basis: home}}
  place(transit).list: {{column: Through, split: [">", ";"], direct: [Direct]}}
  place(intended_destination).place_text: Promised
  place(exploitation).place_text: {{column: Exploited in, basis: exploited}}
  exploitation_type: {{column: Form, values: {{Domestic: domestic_servitude, Labour: forced_labour}}}}
  transport_mode: Travel
deny: [Name, Phone, Notes]
""")

ROUTES = Given("""\
contract: {partner}
version: 1
partner: {{code: {partner}, name: "{partner} (synthetic)", steward: steward@{partner}.example}}
grain: route_report
files: "*.csv"
{agreement}
consent: {{basis: not_needed}}
coverage:
  - {{places: [KEN], roles: [origin, transit, intended_destination, exploitation], from: 2019-01-01, to: null}}
delivery: {{mode: full, cadence: yearly, grace_days: 30, key: content}}
extracts:
  - {{match: "*2019*", period: {{from: 2019-08-01, to: 2019-08-31, round: "2019"}}}}
  - {{match: "*2020*", period: {{from: 2020-06-01, to: 2020-06-30, round: "2020"}}}}
format: {{kind: csv, encoding: utf-8, delimiter: ";"}}
locale: {{timezone: Africa/Nairobi, default_country: null}}
fields:
  event_kind: {{constant: reported}}
  place(origin).place_text: {{column: From, basis: home}}
  place(intended_destination).place_text: To
  exploitation_type: {{column: Form, values: {{Domestic: domestic_servitude, Labour: forced_labour}}}}
  person_count: Persons
""")

CASE_HEADER = Given(
    "Ref;Date;Sex;Age;From;Through;Promised;Exploited in;Form;Travel;Consent;Name;Phone;Notes\n"
)
ROUTE_HEADER = Given("From;To;Form;Persons\n")

SWALA = CASE_HEADER + (
    "S1;04/03/2025;F;16;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;Amina Testperson;0712345678;calls often\n"
    "S2;05/03/2025;F;17;Busia;Nakuru;Nairobi;Nairobi;Domestic;matatu;Yes;Neema Testperson;;\n"
    "S3;06/03/2025;M;25;Kampala;Malaba;Mombasa;Mombasa;Labour;bus;Yes;Otieno Sampleton;;\n"
    "S4;07/04/2025;F;22;Nairobi;Direct;Dubai;;Domestic;ndege;Yes;Halima Fixture;;\n"
    "S5;31/02/2025;F;19;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;Zawadi Testperson;;\n"
    "S6;08/03/2025;F;30;Qwertyville;;;;Domestic;bus;Yes;Baraka Sampleton;;\n"
    "S7;10/02/2026;F;20;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;Imani Testperson;;\n"
    "S8;09/03/2025;F;18;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;No;Rehema Fixture;;\n"
    + "".join(
        f"S{number};{number:02}/06/2025;F;24;Kisumu;Direct;Nairobi;Nairobi;Domestic;bus;Yes;Pendo Sampleton;;\n"
        for number in range(9, 15)
    )
)
KOBE_FIRST = CASE_HEADER + (
    "K1;10/03/2025;F;15;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;Faraja Testperson;;\n"
    "K2;11/03/2025;M;30;Addis Ababa;Moyale;South Africa;South Africa;Labour;lori;Yes;Abebe Sampleton;;\n"
)
KOBE_SECOND = CASE_HEADER + (
    "K2;11/03/2025;M;30;Addis Ababa;Moyale;South Africa;Nairobi;Labour;lori;Yes;Abebe Sampleton;;\n"
)
TAI_2019 = ROUTE_HEADER + "Busia;Nairobi;Domestic;5\nNairobi;Saudi Arabia;Domestic;5-10\n"
TAI_2020 = ROUTE_HEADER + "Busia;Nairobi;Domestic;3\nNairobi;Greece;Labour;several\n"
CHUI_2020 = ROUTE_HEADER + "Nairobi;Greece;Labour;2\nNairobi;Rwanda;Labour;1\n"

PARTNERS = {
    "swala_post": CASES.format(
        partner="swala_post", mode="full", agreement=AGREEMENT.format(valid_to="2035-12-31")
    ),
    "kobe_post": CASES.format(
        partner="kobe_post", mode="incremental", agreement=AGREEMENT.format(valid_to="2035-12-31")
    ),
    "tai_routes": ROUTES.format(partner="tai_routes", agreement=AGREEMENT.format(valid_to="2035-12-31")),
    "chui_routes": ROUTES.format(partner="chui_routes", agreement=AGREEMENT.format(valid_to="2035-12-31")),
}
EXTRACTS = [
    ("swala_post", "swala_2026-02.csv", SWALA),
    ("kobe_post", "kobe_1.csv", KOBE_FIRST),
    ("kobe_post", "kobe_2.csv", KOBE_SECOND),
    ("tai_routes", "tai_2019.csv", TAI_2019),
    ("tai_routes", "tai_2020.csv", TAI_2020),
    ("chui_routes", "chui_2020.csv", CHUI_2020),
]

# 14 + 2 + 1 + 2 + 2 + 2 rows read; S8 is withheld.
ROWS_READ, ROWS_REFUSED = 23, 1
ROWS = {
    "landed": 22,
    "current": 18,  # S1-S4, S9-S14, K1, the second K2, and six route reports
    "superseded": 1,  # the first K2
    "quarantined": 2,  # S5, S6
    "withdrawn": 0,
    "held": 0,
    "embargoed": 1,  # S7
}
MOVEMENTS = {"case": 12, "route_report": 6}
# Busia county to Nairobi among cases: S1, S2 and K1, told by two partners; all three are children.
BUSIA_NAIROBI = {"record_count": 3, "partner_count": 2}
DIRECTIONS = {"within": 9, "into": 2, "out_of": 1}  # cases: S1 S2 S9-S14 K1 · S3 K2 · S4

# A value that no reader should see again: planted in cells of every kind.
PLANTED_NAMES = ("Testperson", "Sampleton", "Halima Fixture", "Rehema Fixture")
PLANTED_PHONE = "0712345678"


def _submission(number: int) -> str:
    return f"{number:08}-0000-4000-8000-5eedfee1dead"


def _form_row(ref: str, submission: str, exploited: str = "Nairobi") -> str:
    row = f"{ref};12/05/2025;F;24;Kitui;Direct;Nairobi;{exploited};Domestic;bus;Yes;Pendo Sampleton;;"
    return f"{row};{submission}\n"


FORM_HEADER = CASE_HEADER.replace("Notes\n", "Notes;meta/rootUuid\n")
ONE_FORM = {
    partner: CASES.format(
        partner=partner, mode="incremental", agreement=AGREEMENT.format(valid_to="2035-12-31")
    )
    + "submission_id: {column: meta/rootUuid}\n"
    for partner in ("mto_post", "bonde_post")
}
MTO = FORM_HEADER + "".join(_form_row(f"M{number}", _submission(number)) for number in range(1, 5))
BONDE_FIRST = FORM_HEADER + (
    "".join(_form_row(f"B{number}", _submission(10 + number)) for number in range(1, 4))
    + _form_row("B4", f"uuid:{_submission(4).upper()}", exploited="Mombasa")
)
BONDE_SECOND = FORM_HEADER + (
    _form_row("B5", _submission(1)) + _form_row("B6", _submission(2)) + _form_row("B7", _submission(14))
)
# Kitui county to Nairobi: M1-M4 and B1-B3. B4 is M4, and the two partners are one source.
KITUI_NAIROBI = {"record_count": 7, "partner_count": 1}
# What every id of the form server ends with: no file may hold it.
PLANTED_SUBMISSION = "5eedfee1dead"
