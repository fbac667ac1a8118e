"""Flat files as national case systems and flow monitors send them: 40 partners, 20 columns, any number of rows.

    .venv/bin/python -m tests.benchmarks.flat_files 1m /tmp/flat [--parquet]

One file a partner a year. DuckDB writes them from hashes of a row's number: the same rows in every run of one version of
DuckDB, a file at a time, no Python for a row. There are two layouts (words, with days as 2025-03-31; short codes, with
31/03/2025), three grains, a few hundred places with a heavy head in several spellings, 2 to 5 % blanks, under 1 %
unreadable cells, corrections of the year before, and rows sent twice. Some partners give names and phones too
(`named`), and a few of their persons stand at two of them.

Beside each partner's contract lie the tables of somebody who reads these files by hand, in `lookups`:
`codes.csv` (field, spelling, code), `places.csv` (spelling, place, county or country) and `partners.csv`.
Nothing here is true: the partners are called Sampleton, and people have invented names.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import yaml

from orchestration.places.place_text import norm

PARTNERS, NAMED = 40, 4
YEARS = {2023: 0.2, 2024: 0.26, 2025: 0.3, 2026: 0.24}
LAST_DAY = "2026-09-30"
# Of the rows some repeat a reference, lack consent or cannot be used: so many are needed for a movement.
ROWS_A_MOVEMENT = 1.042
CORRECTED, TWICE = 30, 3  # of a thousand rows
SLOTS, PLACE_SLOTS = 2048, 16384
USUAL, SHARE_USUAL = 3, 80  # destinations of each origin, and of a hundred journeys those that go there
SEPARATOR = "|"
REFERENCE = Path(__file__).parents[2] / "seeds/reference"

Spelt = tuple[str, str, float]  # in layout 0, in layout 1, weight
FIELDS: dict[str, dict[str, Spelt]] = {
    "sex": {"female": ("Female", "F", 58), "male": ("Male", "M", 36), "other": ("Other", "X", 1)},
    "nationality": {
        "KEN": ("Kenyan", "KE", 60), "UGA": ("Ugandan", "UG", 9), "ETH": ("Ethiopian", "ET", 8), "SOM": ("Somali", "SO", 6),
        "TZA": ("Tanzanian", "TZ", 4), "SSD": ("South Sudanese", "SS", 3), "COD": ("Congolese", "CD", 3),
        "BDI": ("Burundian", "BI", 1), "RWA": ("Rwandan", "RW", 1), "ERI": ("Eritrean", "ER", 1),
    },
    "exploitation_type": {
        "domestic_servitude": ("Domestic servitude", "DS", 24), "sexual_exploitation": ("Sexual exploitation", "SE", 22),
        "forced_labour": ("Forced labour", "FL", 30), "child_labour": ("Child labour", "CL", 8),
        "forced_begging": ("Begging", "FB", 6), "debt_bondage": ("Debt bondage", "DB", 4),
        "forced_marriage": ("Forced marriage", "FM", 4), "forced_criminality": ("Online crime", "FC", 2),
    },
    "transport_mode": {
        "bus": ("Bus", "B", 34), "matatu": ("Matatu", "T", 22), "lorry": ("Lorry", "L", 9), "foot": ("On foot", "W", 11),
        "motorcycle": ("Boda boda", "P", 9), "car_taxi": ("Private car", "C", 7), "aircraft": ("By air", "A", 8),
    },
    "recruitment_method": {
        "family_network": ("Relative", "1", 26), "friends_social": ("Friend", "2", 24), "employment_agency": ("Agent", "3", 30),
        "at_business": ("Stranger", "4", 12), "personal_contact": ("Boyfriend or husband", "5", 5),
    },
    "industry": {
        "domestic_work": ("House work", "LM", 55), "study": ("Schooling", "ED", 10),
        "hospitality": ("Hotel or bar", "FV", 9), "marriage": ("Marriage", "MA", 6), "mining": ("Mine", "KI", 5),
        "fishing": ("Fishing", "SF", 3), "construction": ("Building site", "TO", 3), "other": ("Other", "OT", 4),
    },
    "trafficking_status": {
        "confirmed": ("Victim", "V", 44), "presumed": ("Suspected", "S", 38), "high_risk": ("High risk", "R", 8),
        "prevented": ("Prevented", "P", 6), "smuggling": ("Smuggling", "G", 2),
    },
    "consent": {"given": ("yes", "1", 96.2), "refused": ("no", "0", 2.4)},
}  # fmt: skip
BLANK = {"sex": 3, "nationality": 3, "exploitation_type": 4, "transport_mode": 5, "recruitment_method": 5,
         "industry": 4, "trafficking_status": 2, "consent": 1.4}  # fmt: skip
UNREADABLE = {"nationality": "Sampletonian", "exploitation_type": "zzz", "recruitment_method": "fixture"}
SHARE_UNREADABLE = 0.4  # of a hundred
BANDS = ((8, "a00_08"), (17, "a09_17"), (20, "a18_20"), (23, "a21_23"), (26, "a24_26"), (29, "a27_29"), (38, "a30_38"),
         (47, "a39_47"), (120, "a48_plus"))  # fmt: skip

HEADINGS = (
    ("Case ref", "Event date", "Submitted at", "Sex", "Age", "Nationality", "From place", "From county", "From country",
     "Passed through", "To place", "To county", "To country", "Exploitation", "Transport", "Recruited by", "How it began",
     "Persons", "Assessment", "Consent"),
    ("RefNo", "DateOfEvent", "EntryTime", "SexCode", "AgeYears", "Nat", "OrigPlace", "OrigCounty", "OrigCountry",
     "Via", "DestPlace", "DestCounty", "DestCountry", "ExplCodes", "TransCode", "RecrCode", "EntryCode",
     "NPersons", "StatusCode", "ConsentFlag"),
)  # fmt: skip
NAMED_HEADINGS = ("First name", "Surname", "Phone", "Birth year")
GIVEN_NAMES = 900
# The nearest countries and those that people are taken to, with the towns of each that appear.
ABROAD = {
    "UGA": 14,
    "TZA": 12,
    "ETH": 12,
    "SOM": 8,
    "SSD": 6,
    "COD": 5,
    "SAU": 6,
    "ARE": 4,
    "OMN": 3,
    "QAT": 2,
    "LBN": 2,
}
# What the place is where a journey ends, by its role.
BASIS = {"exploitation": "exploited", "intended_destination": "intended"}
GULF = {"SAU", "ARE", "OMN", "QAT", "LBN"}


class Partner(NamedTuple):
    number: int
    layout: int
    grain: str
    rows: int
    is_named: bool

    @property
    def code(self) -> str:
        return f"sampleton_{self.number + 1:02}"

    @property
    def role(self) -> str:
        return "intended_destination" if self.grain == "interception" else "exploitation"

    @property
    def headings(self) -> tuple[str, ...]:
        return HEADINGS[self.layout] + (NAMED_HEADINGS if self.is_named else ())


class Place(NamedTuple):
    place_id: str
    name: str
    county: str  # blank abroad
    country: str
    spellings: tuple[str, ...]


def partners_of(movements: int, named: int = NAMED) -> list[Partner]:
    """The largest has a tenth of all rows. Every tenth partner tells of interceptions, every thirteenth of routes."""
    weights = [1 / (number + 4) for number in range(PARTNERS)]
    found, names_left = [], named
    for number, weight in enumerate(weights):
        grain = "interception" if number % 10 == 7 else "route_report" if number % 13 == 5 else "case"
        is_named = number > 0 and grain == "case" and number % 2 == 0 and names_left > 0
        names_left -= is_named
        rows = max(40, round(movements * ROWS_A_MOVEMENT * weight / sum(weights)))
        found.append(Partner(number, number % 2, grain, rows, is_named))
    return found


def write_flat(folder: Path, movements: int, *, named: int = NAMED, parquet: bool = False) -> list[Partner]:
    """Contracts and extracts under `partners`, lookup tables under `lookups`, the same rows as Parquet if asked."""
    partners, places = partners_of(movements, named), _places()
    _write_lookups(folder / "lookups", partners, places)
    with duckdb.connect(config={"memory_limit": "1GB"}) as con:
        _make_slots(con, places)
        for partner in partners:
            home = folder / "partners" / partner.code
            (home / "extracts").mkdir(parents=True, exist_ok=True)
            (home / "contract.yml").write_text(
                yaml.safe_dump(contract_of(partner), sort_keys=False, allow_unicode=True, width=120),
                encoding="utf-8",
            )
            starts = _starts(partner)
            for year in YEARS:
                _write_file(
                    con, home / "extracts", partner, partners, str(year), _rows_of(partner, year, starts)
                )
                if parquet:
                    target = folder / "parquet" / partner.code
                    target.mkdir(parents=True, exist_ok=True)
                    _write_file(
                        con, target, partner, partners, str(year), _rows_of(partner, year, starts), "parquet"
                    )
    return partners


def write_new_extract(folder: Path, movements: int, rows: int, *, named: int = NAMED) -> Path:
    """One more file of the largest partner, such as a gate accepts.

    Half of its rows are new, of the last month; of the others, sent before, half are corrected.
    """
    partners = partners_of(movements, named)
    partner = partners[0]
    target = folder / partner.code
    target.mkdir(parents=True, exist_ok=True)
    start, end = _starts(partner)[max(YEARS)]
    drawn = f"""
        select i, {max(YEARS)} as year, 0 as version, .9 + .1 * (i - {end}) / {rows // 2} as moment
        from range({end}, {end + rows // 2}) as r(i)
        union all
        select i, {max(YEARS)} as year, 2 * (hash(i) % 2) as version, (i - {start}) / {end - start} as moment from range({start}, {end}) as r(i)
        where i % greatest(1, {end - start} // {rows - rows // 2}) = 0 limit {rows}
    """
    with duckdb.connect(config={"memory_limit": "1GB"}) as con:
        _make_slots(con, _places())
        return _write_file(con, target, partner, partners, f"{max(YEARS)}_late", drawn)


def contract_of(partner: Partner) -> dict[str, Any]:
    (ref, event, submitted, sex, age, nationality, place, county, country, via, to_place, to_county, to_country,
     exploitation, transport, recruiter, entry, persons, status, consent) = HEADINGS[partner.layout]  # fmt: skip
    coded = {
        field: {spelt[partner.layout]: code for code, spelt in codes.items()}
        for field, codes in FIELDS.items()
    }
    watched = (
        range(47) if partner.number % 4 == 0 else [(partner.number * 5 + step) % 47 for step in range(12)]
    )
    contract: dict[str, Any] = {
        "contract": f"{partner.code}_flat",
        "version": 1,
        "partner": {
            "code": partner.code,
            "name": f"{partner.code.replace('_', ' ').title()} (synthetic)",
            "steward": f"data@{partner.code.replace('_', '-')}.example",
        },
        "grain": partner.grain,
        "agreement": {
            "id": f"DSA-2022-{partner.number + 1:02}", "valid_from": "2022-07-01", "valid_to": "2035-12-31",
            "purposes": ["statistics"], "finest_place": "border_point", "may_be_named": False, "retention_years": 10,
        },
        "consent": {"basis": "not_needed"} if partner.grain == "route_report" else {"column": consent, "values": coded["consent"]},
        "coverage": [
            {"places": [f"KE{county_number + 1:03}" for county_number in sorted(watched)],
             "roles": ["origin", "transit", partner.role], "from": f"{min(YEARS)}-01-01", "to": None}
        ],
        "delivery": {"mode": "incremental", "cadence": "yearly", "grace_days": 60, "key": ref, "newest_by": submitted},
        "extracts": [
            {"match": f"*{year}*", "period": {"from": f"{year}-01-01", "to": min(f"{year}-12-31", LAST_DAY)}} for year in YEARS
        ],
        "format": {"kind": "csv", "delimiter": ",;"[partner.layout]},
        "locale": {"dates": ("ymd", "dmy")[partner.layout], "timezone": "Africa/Nairobi", "default_country": "KEN", "languages": ["en"]},
        "fields": {
            "event_on": {"column": event, "required": True},
            "submitted_at": submitted,
            "sex": {"column": sex, "values": coded["sex"]},
            "age_band": {"column": age, "from": "age_text"},
            "nationality": {"column": nationality, "values": coded["nationality"]},
            "place(origin).place_text": {"column": place, "basis": "home"},
            "place(origin).admin_text": county,
            "place(origin).country_text": country,
            "place(transit).list": {"column": via, "split": [">"], "direct": ["Direct"]},
            f"place({partner.role}).place_text": {"column": to_place, "basis": BASIS[partner.role]},
            f"place({partner.role}).admin_text": to_county,
            f"place({partner.role}).country_text": to_country,
            "exploitation_type": {"column": exploitation, "split": [SEPARATOR], "values": coded["exploitation_type"]},
            "transport_mode": {"column": transport, "values": coded["transport_mode"]},
            "recruitment_method": {"column": recruiter, "values": coded["recruitment_method"]},
            "industry": {"column": entry, "values": coded["industry"]},
            "person_count": persons,
            "trafficking_status": {"column": status, "values": coded["trafficking_status"]},
        },
    }  # fmt: skip
    if partner.grain == "route_report":
        contract["deny"] = [consent]
    if partner.is_named:
        given, surname, phone, born = NAMED_HEADINGS
        contract["link"] = {"given": given, "surname": surname, "phone": phone, "birth_year": born}
    return contract


def _starts(partner: Partner) -> dict[int, tuple[int, int]]:
    """The numbers of the rows that each year adds."""
    found, start = {}, 0
    for year, share in YEARS.items():
        end = start + round(partner.rows * share)
        found[year], start = (start, end), end
    return found


def _rows_of(partner: Partner, year: int, starts: dict[int, tuple[int, int]]) -> str:
    """The year's own rows, a few of them twice, and corrections of rows of the year before."""
    start, end = starts[year]
    own = f"select i, {year} as year, 0 as version, (i - {start}) / {max(1, end - start)} as moment from range({start}, {end}) as r(i)"
    drawn = f"{own} union all {own} where hash(i * 100 + 98) % 1000 < {TWICE}"
    if before := starts.get(year - 1):
        first, last = before
        drawn += f"""
            union all
            select i, {year - 1} as year, 1 as version, (i - {first}) / {max(1, last - first)} as moment
            from range({first}, {last}) as r(i) where hash(i * 100 + 99) % 1000 < {CORRECTED}
        """
    return drawn


def _write_file(
    con: duckdb.DuckDBPyConnection, folder: Path, partner: Partner, partners: list[Partner], name: str, drawn: str,
    kind: str = "csv",
) -> Path:  # fmt: skip
    target = folder / f"{partner.code}_{name}.{kind}"
    how = (
        "FORMAT parquet, COMPRESSION zstd"
        if kind == "parquet"
        else f"HEADER, DELIMITER '{',;'[partner.layout]}'"
    )
    con.execute(f"copy ({_cells(partner, partners, drawn)}) to '{target}' ({how})")
    return target


def _cells(partner: Partner, partners: list[Partner], drawn: str) -> str:
    """All cells of a file as text. `seed` says who a row is about: the same at two partners for a few named persons."""
    one = partner.layout
    first = f"{partner.number * 1_000_000_000}::bigint"
    seed = f"{first} + i"
    others = [other for other in partners if other.is_named and other.number < partner.number]
    if partner.is_named and others:
        other = others[-1]
        there = f"{other.number * 1_000_000_000}::bigint + cast(i * {other.rows / partner.rows} as bigint)"
        seed = f"case when hash(i * 100 + 97) % 100 < 4 then {there} else {seed} end"

    def slot(salt: int, of: int = SLOTS, by: str = "seed") -> str:
        return f"cast(hash({by} * 100 + {salt}) % {of} as integer)"

    # A correction names the same person and journey; persons, assessment and time of entry are new.
    renewed = "(seed + version * 500000000000)"
    joined = {
        "sex": slot(1), "nationality": slot(2), "expl_1": slot(3), "expl_2": slot(4), "transport_mode": slot(5),
        "recruitment_method": slot(6), "industry": slot(7), "trafficking_status": slot(8, by=renewed), "consent": slot(9),
        "age": slot(10), "persons": slot(11, by=renewed),
    }  # fmt: skip
    # Most who leave a county go where others of it go.
    usual = f"""cast(hash(orig.orig_county || orig.orig_country || cast(hash(seed * 100 + 51) % {USUAL} as varchar))
        % {PLACE_SLOTS} as integer)"""
    dest = (
        f"case when hash(seed * 100 + 50) % 100 < {SHARE_USUAL} then {usual} else {slot(13, PLACE_SLOTS)} end"
    )
    places = {"orig": slot(12, PLACE_SLOTS), "dest": dest} | {
        f"via_{number}": slot(14 + number, PLACE_SLOTS) for number in (1, 2, 3)
    }
    stops = " || ' > ' || ".join(f"via_{number}.via" for number in (1, 2, 3))
    days = f"case year when {max(YEARS)} then 272 else 364 end"
    day = f"make_date(year, 1, 1) + cast(floor(moment * {days}) as integer)"
    if partner.number % 3 == 0:  # a few partners write the day of a report, a little later or earlier
        day = f"greatest(date '{min(YEARS)}-01-01', {day} - cast(hash(seed * 100 + 30) % 20 as integer))"
    shown_day = f"strftime({day}, '{('%Y-%m-%d', '%d/%m/%Y')[one]}')"
    unreadable_day = (
        "case hash(seed * 100 + 31) % 3 when 0 then 'unknown' when 1 then '31/02/2024' else '2062-01-05' end"
    )
    moment_of_entry = f"cast({day} as timestamp) + to_minutes(cast(480 + hash(seed * 100 + 32) % 5000 + version * 60000 as integer))"
    cells = [
        f"'S{partner.code[-2:]}-' || lpad(to_base(i, 36), 5, '0')",
        f"case when hash(seed * 100 + 33) % 1000 < 4 then {unreadable_day} else {shown_day} end",
        f"strftime({moment_of_entry}, '%Y-%m-%d %H:%M')",
        f"sex.sex_{one}",
        "age.age",
        f"nationality.nationality_{one}",
        *_place_cells("orig", 34),
        f"""case when hash(seed * 100 + 35) % 100 < 30 then '' when hash(seed * 100 + 35) % 100 < 45 then 'Direct'
            when hash(seed * 100 + 35) % 100 < 72 then via_1.via when hash(seed * 100 + 35) % 100 < 90
            then via_1.via || ' > ' || via_2.via else {stops} end""",
        *_place_cells("dest", 36),
        f"""case when hash(seed * 100 + 37) % 100 < 15 and expl_1.exploitation_type_{one} <> '' and
            expl_2.exploitation_type_{one} not in ('', expl_1.exploitation_type_{one})
            then expl_1.exploitation_type_{one} || '{SEPARATOR}' || expl_2.exploitation_type_{one}
            else expl_1.exploitation_type_{one} end""",
        *(f"{field}.{field}_{one}" for field in ("transport_mode", "recruitment_method", "industry")),
        "persons.persons",
        f"trafficking_status.trafficking_status_{one}",
        f"consent.consent_{one}",
    ]  # fmt: skip
    if partner.is_named:
        cells += [
            "given.given",
            "surname.surname",
            "'0700 ' || lpad(cast(hash(seed * 100 + 43) % 1000000 as varchar), 6, '0')",
            "case when try_cast(age.age as integer) < 120 then cast(year - try_cast(age.age as integer) as varchar) else '' end",
        ]
        joined |= {"given": slot(41), "surname": slot(42)}
    shown = ", ".join(f'{cell} as "{heading}"' for cell, heading in zip(cells, partner.headings, strict=True))
    joins = [f"join slots as {name} on {name}.slot = {where}" for name, where in joined.items()]
    joins += [f"join place_slots as {name} on {name}.slot = {where}" for name, where in places.items()]
    return (
        f"with rows as (select *, {seed} as seed from ({drawn})) select {shown} from rows {' '.join(joins)}"
    )


def _place_cells(end: str, salt: int) -> list[str]:
    """Place, county, country. Of a hundred: 4 without the place, 2 without anything, 15 without the county.

    A few name a place that nobody knows, and nothing else: there are more of them the more rows there are.
    """
    at = f"hash(seed * 100 + {salt}) % 1000"
    unknown = f"'Sampleton stage ' || (hash(seed * 100 + {salt + 20}) % 40000)"
    return [
        f"case when {at} < 3 then {unknown} when {at} < 63 then '' else {end}.{end} end",
        f"case when {at} < 23 or {at} >= 850 then '' else {end}.{end}_county end",
        f"case when {at} < 23 then '' else {end}.{end}_country end",
    ]


def _make_slots(con: duckdb.DuckDBPyConnection, places: dict[str, dict[Place, float]]) -> None:
    """Tables of ready cells by number: a hash of the row picks one, so that a frequent cell fills many numbers."""
    con.execute(
        "set disabled_optimizers = 'join_order,build_side_probe_side'"
    )  # keeps the rows' order, and costs less
    columns: dict[str, list[str]] = {}
    for field, codes in FIELDS.items():
        for layout in (0, 1):
            weights = {spelt[layout]: spelt[2] for spelt in codes.values()} | {"": BLANK[field]}
            if field in UNREADABLE:
                weights[UNREADABLE[field]] = SHARE_UNREADABLE
            columns[f"{field}_{layout}"] = _filled(weights, SLOTS)
    ages = {str(age): max(0.2, 5 - abs(age - 22) / 5) for age in range(3, 66)}
    columns["age"] = _filled(ages | {"": 9, "adult": 3, "minor": 2, "n/k": 0.8, "230": 0.4}, SLOTS)
    columns["persons"] = _filled({"1": 91, "2": 4, "3": 1.5, "4": 0.6, "5": 0.3, "": 2.2, "many": 0.3}, SLOTS)
    dice = random.Random(7)  # noqa: S311
    given, surnames = _names(dice, GIVEN_NAMES, 2), _names(dice, SLOTS, 4)
    columns |= {"given": [given[slot % GIVEN_NAMES] for slot in range(SLOTS)], "surname": surnames}
    _make_table(con, "slots", columns)
    cells: dict[str, list[str]] = {}
    for end, weights in places.items():
        spelt: Counter[tuple[str, str, str]] = Counter()
        for place, weight in weights.items():
            for number, text in enumerate(place.spellings):
                spelt[text, place.county, place.country] += weight * (
                    0.7 if number == 0 else 0.3 / (len(place.spellings) - 1)
                )
        chosen = _filled(spelt, PLACE_SLOTS)
        cells |= {
            name: [one[at] for one in chosen]
            for at, name in enumerate((end, f"{end}_county", f"{end}_country"))
        }
    _make_table(con, "place_slots", cells)


def _filled(weights: Mapping[Any, float], slots: int) -> list[Any]:
    """As many numbers for each as its weight asks for, at least one; the first takes what is left."""
    whole = sum(weights.values())
    counts = {cell: max(1, round(slots * weight / whole)) for cell, weight in weights.items()}
    first = next(iter(counts))
    counts[first] += slots - sum(counts.values())
    return [cell for cell, count in counts.items() for _ in range(count)]


def _make_table(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, list[Any]]) -> None:
    import pyarrow as pa

    table = pa.table(columns)
    numbered = table.append_column("slot", pa.array(range(table.num_rows), pa.int32()))
    con.register("made", numbered)
    con.execute(f"create table {name} as select * from made")
    con.unregister("made")


def _names(dice: random.Random, count: int, syllables: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        parts = [dice.choice("bdfgjklmnprstvz") + dice.choice("aeiou") for _ in range(syllables)]
        found["".join(parts).title()] = None
    return list(found)


def _places() -> dict[str, dict[Place, float]]:
    """Where journeys start, end and pass, each with its weight. Only names that the gazetteer has once."""
    rows = {row["place_id"]: row for row in _reference("places")}
    aliases = [(row["alias"], row["place_id"]) for row in _reference("place_aliases")]
    owners: dict[str, set[str]] = {}
    for name, place_id in [(row["name"], place_id) for place_id, row in rows.items()] + aliases:
        owners.setdefault(norm(name), set()).add(place_id)

    def place_of(row: dict[str, str]) -> Place:
        county = row
        while (
            county["kind"] != "county" and county["iso_alpha3"] == "KEN" and county["parent_place_id"] in rows
        ):
            county = rows[county["parent_place_id"]]
        name = row["name"]
        spellings = (
            name,
            name.upper(),
            name.lower(),
            f"{name} ",
            name + (" county" if row["kind"] == "county" else " town"),
        )
        country = rows[row["iso_alpha3"]]["name"]
        return Place(
            row["place_id"], name, county["name"] if row["iso_alpha3"] == "KEN" else "", country, spellings
        )

    def people(row: dict[str, str]) -> int:
        return int(row["population"]) if row["population"].isdigit() else 0

    def largest(kind: str, country: str, count: int, shared: bool = False) -> list[Place]:
        found = [row for row in rows.values() if row["kind"] == kind and row["iso_alpha3"] == country]
        found = [row for row in found if shared or len(owners[norm(row["name"])]) == 1]
        return [place_of(row) for row in sorted(found, key=people, reverse=True)[:count]]

    counties, towns = largest("county", "KEN", 47, shared=True), largest("town", "KEN", 160)
    inside = [place for pair in zip(counties, towns[:47], strict=True) for place in pair] + towns[47:]
    named = {norm(place.name) for place in inside}
    crossings = [
        place
        for place in largest("border_point", "KEN", 47, shared=True)
        if "Airport" not in place.name and norm(place.name) not in named
    ]
    near, gulf = (
        [place for country, count in ABROAD.items() if (country in GULF) is is_gulf for place in largest("town", country, count)]
        for is_gulf in (False, True)
    )  # fmt: skip
    return {
        "orig": _by_rank(inside, 76) | _by_rank(near, 24),
        "dest": _by_rank(inside, 62) | _by_rank(gulf, 26) | _by_rank(near, 12),
        "via": _by_rank(
            [place._replace(spellings=place.spellings[:4]) for place in [*crossings, *towns[:40]]], 100
        ),
    }


def _by_rank(places: list[Place], share: float) -> dict[Place, float]:
    weights = {place: 1 / (rank + 3) for rank, place in enumerate(places)}
    return {place: share * weight / sum(weights.values()) for place, weight in weights.items()}


def _reference(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _write_lookups(folder: Path, partners: list[Partner], places: dict[str, dict[Place, float]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    codes = {
        (field, spelling.lower(), code)
        for field, all_codes in FIELDS.items()
        for code, (in_words, in_short, _) in all_codes.items()
        for spelling in (in_words, in_short)
    }
    codes |= {("age_band", str(age), next(band for last, band in BANDS if age <= last)) for age in range(121)}
    codes |= {("age_band", "adult", "adult"), ("age_band", "minor", "child")}
    _write_table(folder / "codes.csv", ("field", "spelling", "code"), sorted(codes))
    counties = {row["name"]: row["place_id"] for row in _reference("places") if row["kind"] == "county"}
    countries = {row["name"]: row["place_id"] for row in _reference("places") if row["kind"] == "country"}
    spelt: set[tuple[str, str, str, str]] = set()
    for end in places.values():
        for place in end:
            at_border = place.place_id.startswith("bp-")
            held_by = counties.get(place.county, countries[place.country])
            shown = place.place_id if at_border else held_by
            spelt |= {
                (text.strip().lower(), shown, held_by, countries[place.country]) for text in place.spellings
            }
            spelt |= {(place.county.lower(), held_by, held_by, "KEN")} if place.county else set()
            spelt |= {
                (
                    place.country.lower(),
                    countries[place.country],
                    countries[place.country],
                    countries[place.country],
                )
            }
    _write_table(
        folder / "places.csv",
        ("spelling", "place_id", "counting_place_id", "country_place_id"),
        sorted(spelt),
    )
    rows = [(one.code, one.layout, one.grain, one.role) for one in partners]
    _write_table(folder / "partners.csv", ("partner", "layout", "grain", "role"), rows)


def _write_table(target: Path, headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    with target.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(headings)
        table.writerows(rows)


def count_of(size: str) -> int:
    """`10k` is 10,000, `1m` a million."""
    return int(size.rstrip("km")) * {"k": 1000, "m": 1_000_000}.get(size[-1], 1)


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("size", help="movements: `10k`, `1m`, `10m`")
    given.add_argument("folder", type=Path)
    given.add_argument("--named", type=int, default=NAMED, help="so many partners give names and phones")
    given.add_argument("--parquet", action="store_true", help="also the same rows as Parquet")
    asked = given.parse_args()
    write_flat(asked.folder, count_of(asked.size), named=asked.named, parquet=asked.parquet)
