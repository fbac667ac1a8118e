"""The resolver: place cases of the catalogue (formats.md §5), gold places (field.md §9), properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.places import countries_named, country_code
from orchestration.places.candidates import Context, choose
from orchestration.places.lookups import resolve_names
from orchestration.places.mentions import Mention, Outcome
from orchestration.places.resolve import Resolver
from tests.fixtures.resolver import GAZETTEER, RESOLVER, resolve


def in_short(found: Outcome) -> tuple[str, str | None, str | None, str | None, str]:
    return (found.status, found.place_id, found.country, found.county, ";".join(found.problems))


# published transit place: country, county, is it a crossing with a twin (field.md §9)
GOLD = {
    "Busia": ("KEN", "KE040", True), "Nambale": ("KEN", "KE040", False), "Rongo": ("KEN", "KE044", False),
    "Malaba": ("KEN", "KE040", True), "Garissa": ("KEN", "KE007", False), "Moyale": ("KEN", "KE010", True),
    "Mandera": ("KEN", "KE009", True), "Kismayo": ("SOM", None, False), "Liboi": ("KEN", "KE007", True),
    "Marsabit": ("KEN", "KE010", False), "Mwingi": ("KEN", "KE015", False), "Isiolo": ("KEN", "KE011", False),
    "Isebania": ("KEN", "KE044", True), "Namanga": ("KEN", "KE034", True), "Kwale": ("KEN", "KE002", False),
    "Taveta": ("KEN", "KE006", True), "Mombasa": ("KEN", "KE001", False),
}  # fmt: skip


@pytest.mark.parametrize("default_country", [None, "KEN"])
@pytest.mark.parametrize("name", GOLD)
def test_gold_places_resolve_as_bare_names(name: str, default_country: str | None) -> None:
    found = resolve(name, default_country=default_country)
    assert found.status == "resolved"
    assert (found.country, found.county, found.is_border_twin) == GOLD[name]


@pytest.mark.parametrize(
    ("text", "country", "county"),
    [
        *[(text, "KEN", "KE047") for text in ("Nairobi", "Nrb", "NBO", "Nairobi City")],  # P1
        *[(text, "KEN", "KE047") for text in ("Nairobi (Eastleigh)", "Eastleigh, Nairobi", "Eastleigh")],  # P2
        ("Eldoret/Uasin Gishu", "KEN", "KE027"),  # P3
        ("Mombassa", "KEN", "KE001"),  # P5
        ("Garisa", "KEN", "KE007"), ("Muranga", "KEN", "KE021"), ("Trans-Nzoia", "KEN", "KE026"),
        ("Elgeyo Marakwet", "KEN", "KE028"), ("Taita/Taveta", "KEN", "KE006"),
        ("Kismayo/Kismaayo", "SOM", None),  # P6
        ("Adis Abeba", "ETH", None),  # P7
        ("KSA", "SAU", None), ("UAE/Dubai", "ARE", None), ("دبي", "ARE", None),
        ("South Sudan", "SSD", None),  # P13
        ("Sudan", "SDN", None),
        ("Near Mandera, Somalia", "SOM", None),  # P15
        ("KE040", "KEN", "KE040"),  # P17
        ("KE-04", "KEN", "KE040"),
        ("Kenya", "KEN", None),  # P20
        ("Kaunti ya Kwale", "KEN", "KE002"), ("Kampala Uganda", "UGA", None),
        ("Juba South Sudan", "SSD", None), ("Eastleigh 1st Avenue", "KEN", "KE047"), ("Uhabeshi", "ETH", None),
        ("In the sea near Mombassa, Kenya", "KEN", "KE001"), ("Garisa, Kenya", "KEN", "KE007"),
        ("Liboi, Kenya-Somalia border", "KEN", "KE007"),
        ("Near Moyale, Kenya, on border with Ethiopia", "KEN", "KE010"),
        ("Moyale, Ethiopia, on border with Kenya", "ETH", None),
    ],
)  # fmt: skip
def test_names_resolve_to_country_and_county(text: str, country: str, county: str | None) -> None:
    found = resolve(text)
    assert (found.status, found.country, found.county) == ("resolved", country, county)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Busia/Malaba", ("resolved", "KE040", "KEN", "KE040", "flag:place_alternatives")),  # P4
        ("Mombasa/Busia", ("resolved", "KEN", "KEN", None, "flag:place_alternatives")),
        ("Gulf", ("unresolved", None, None, None, "flag:place_region_only")),  # P8
        ("Bulaya", ("unresolved", None, None, None, "flag:place_region_only")),
        ("Kwale", ("resolved", "KE002", "KEN", "KE002", "flag:place_rivals")),  # P10
        ("Namanga", ("resolved", "bp-ken-namanga", "KEN", "KE034", "flag:twin_assumed")),
        ("Malaba", ("resolved", "bp-ken-malaba", "KEN", "KE040", "flag:twin_assumed")),
        ("Busia", ("resolved", "bp-ken-busia", "KEN", "KE040", "flag:twin_assumed")),  # P11
        ("Township", ("unresolved", None, None, None, "unk:place_unresolved")),  # P12
        ("Congo", ("ambiguous", None, None, None, "unk:place_ambiguous")),
        ("Maraba border", ("ambiguous", None, "KEN", None, "unk:place_ambiguous")),
        ("KE04", ("unresolved", None, None, None, "unk:code_system_unknown")),  # P17
        ("4", ("unresolved", None, None, None, "unk:code_system_unknown")),
        ("unknown", ("unresolved", None, None, None, "")),  # P22
        ("haijulikani", ("unresolved", None, None, None, "")),
        ("Rongai", ("ambiguous", None, "KEN", None, "unk:place_ambiguous")),
        ("Manyatta", ("ambiguous", None, "KEN", None, "unk:place_ambiguous")),
        *[
            (text, ("ambiguous", None, None, None, "unk:place_ambiguous"))
            for text in ("Tripoli", "Central Ward")
        ],
        ("عمان", ("ambiguous", None, None, None, "unk:place_ambiguous")),
        ("Dubai, Saudi Arabia", ("unresolved", None, None, None, "unk:place_country_conflict")),
        ("Zzyzx", ("unresolved", None, None, None, "unk:place_unresolved")),
        ("0712 345 678", ("unresolved", None, None, None, "strip:free_text")),  # P23
        (
            "between Garissa, Kenya and Dhobley, Somalia",
            ("ambiguous", None, None, None, "unk:place_ambiguous"),
        ),
    ],
)
def test_doubt_is_flagged_and_never_guessed(text: str, expected: tuple[str | None, ...]) -> None:
    assert in_short(resolve(text)) == expected


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("London", "tn-gbr-london"),  # also an estate and a ward of Nakuru
        ("Djibouti", "DJI"),  # also the city
        ("Oromia", "pr-eth-or"), ("Tanga", "tn-tza-tanga"), ("Tanga Region", "pr-tza-25"),
        ("Jijiga, Somali Region", "tn-eth-jijiga"), ("Port Reitz ward", "wd-ken-0001"),
        ("Westlands constituency", "KE047274"), ("Hagadera camp", "lo-ken-hagadera"),
        ("Entebbe Airport", "bp-uga-entebbe-international-airport"),
        ("أبو ظبي", "tn-are-abu-dhabi"),  # the city, as `Abu Dhabi` is, and not the emirate
        ("هرجيسا", "tn-som-hargeisa"),
        ("S. Arabia", "SAU"),
        ("Singapur", "SGP"),  # GeoNames lists it for Malaba
        ("Beled Hawo", "bp-som-bula-hawa"),
        ("Kiambiu", "lo-ken-kiambiu"),  # in Nairobi; one letter from Kiambu
        # Words around a known name do not hide it.
        ("California, Lodwar", "tn-ken-lodwar"),  # an estate that is listed elsewhere only
        ("Kitale - Milimani", "tn-ken-kitale"),
        ("South Kilifi", "KE003"),  # no unit is called so
        ("Voi stage", "tn-ken-voi"), ("karibu na Voi", "tn-ken-voi"), ("Voi and its environs", "tn-ken-voi"),
        ("Malindi/N/A", "tn-ken-malindi"), ("unknown village in Isiolo", "KE011"),
        ("originally from Kakuma", "tn-ken-kakuma"),
        ("Samburu", "KE025"),  # also a town of Kwale
        ("Mariakani", "tn-ken-mariakani"),  # 31,715 people; also a part of a ward
    ],
)  # fmt: skip
def test_places_of_every_kind_are_found_by_name(text: str, place_id: str) -> None:
    found = resolve(text)
    assert (found.status, found.place_id) == ("resolved", place_id)


def test_regions_and_somaliland_keep_their_label() -> None:
    gulf = resolve("Middle East")
    assert (gulf.precision, gulf.country_label, gulf.method) == ("region", "Middle East", "stop_list")
    for found in (resolve(country_text="Somaliland"), resolve("Hargeisa", country_text="Somaliland")):
        assert (found.status, found.country, found.country_label) == ("resolved", "SOM", "Somaliland")


UGANDA, NAKURU = {"country_text": "Uganda"}, {"admin_text": "Nakuru"}


@pytest.mark.parametrize(
    ("text", "columns", "place_id"),
    [
        # A country word flips the side of a crossing; a county column names the county and not the crossing.
        ("Busia", UGANDA, "bp-uga-busia"), ("Busia, Uganda", {}, "bp-uga-busia"), ("Busia Uganda", {}, "bp-uga-busia"),
        (None, {"admin_text": "Busia"}, "KE040"), ("Busia County", {}, "KE040"),
        # Of several places the context decides.
        ("Rongai", {"admin_text": "Kajiado"}, "tn-ken-ongata-rongai"), ("Kwale, Kilifi", {}, "lo-ken-kwale-kilifi"),
        ("Central Ward", {}, None), ("Central Ward", {"admin_text": "Embu"}, "lo-ken-central-ward"),  # many wards are called Central
        # A default country breaks ties and filters nothing.
        ("Tripoli", {}, None), ("Tripoli", {"default_country": "LBN"}, "tn-lbn-tripoli"),
        ("Kampala", {"default_country": "KEN"}, "tn-uga-kampala"),
        # An unknown place, a common word or a name that may recur abroad leaves what is stated beside it.
        ("Zzyzx", NAKURU, "KE032"), ("Zzyzx", UGANDA, "UGA"), ("unknown", UGANDA, "UGA"), ("Kibera", {"country_text": "KR"}, "KOR"),
        *[(word, columns, place_id) for word in ("home", "at home", "near the market")
          for columns, place_id in (({"admin_text": "Kitui"}, "KE015"), ({}, None))],
        *[("Zzyzx", {"country_text": text}, "TZA") for text in ("TZ", "TZ.", "(TZ)", "tza?")],
        # Two letters are Namibia only in a column of codes.
        (None, {"country_text": "NA"}, "NAM"), (None, {"country_text": "NA", "country_is_code": False}, None),
        ("Nairobi", {"country_text": "NA"}, "KE047"),
    ],
)  # fmt: skip
def test_what_stands_beside_a_name_decides(
    text: str | None, columns: dict[str, object], place_id: str | None
) -> None:
    assert resolve(text, **columns).place_id == place_id


@pytest.mark.parametrize(
    ("found", "status"),
    [(resolve("Zzyzx", **NAKURU), "resolved"), (resolve("Zzyzx", **UGANDA), "review"), (resolve("unknown", **UGANDA), "resolved")],
)  # fmt: skip
def test_an_unknown_name_in_a_country_is_reviewed(found: Outcome, status: str) -> None:
    assert found.status == status and found.precision in ("county", "country")


def test_a_county_or_country_beside_a_crossing_leaves_no_doubt() -> None:
    for found in (resolve("Busia", admin_text="Busia"), resolve("Busia", **UGANDA), resolve("Busia Uganda")):
        assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Dubai", "Saudi Arabia"),  # P14
        ("Nairobi", "KR"),  # towns of this country and the next are not listed
        ("Dubai", "CG"), ("Kinshasa", "CG"), ("Malaba", "CM"), ("Uganda", "JP"),
    ],
)  # fmt: skip
def test_well_known_place_outside_the_stated_country_is_a_conflict(text: str, country: str) -> None:
    found = resolve(text, country_text=country)
    assert (found.status, found.country) == ("unresolved", None)
    assert found.problems == ("unk:place_country_conflict",)


@pytest.mark.parametrize(
    ("place", "county"), [("Moyale", "Busia"), ("Kitale", "Migori"), ("Eldoret", "Nairobi")]
)
def test_a_place_outside_the_stated_county_keeps_the_country_only(place: str, county: str) -> None:
    found = resolve(place, admin_text=county)
    assert in_short(found) == ("ambiguous", None, "KEN", None, "unk:place_county_conflict")
    assert found.precision == "country"


@pytest.mark.parametrize("text", ["Bahati", "Saba Saba", "Makongeni", "Moi Avenue", "Bondeni", "Mathari"])
def test_small_place_of_several_counties_is_ambiguous(text: str) -> None:
    found = resolve(text)
    assert (found.status, found.place_id, found.country) == ("ambiguous", None, "KEN")
    assert len({GAZETTEER.place(one).county for one in found.rivals}) > 1


def test_country_code_of_an_ambiguous_name_is_none() -> None:
    assert (country_code("Congo"), country_code("Korea")) == (None, None)
    assert list(countries_named("Congo")) == ["COD", "COG"]
    assert resolve("Mariakani").confidence == 0.9  # a larger town than its rival
    assert (country_code("Somaliland"), country_code("Uganda"), country_code("Kenia")) == ("SOM", "UGA", None)


def test_a_default_country_with_two_places_of_a_name_breaks_no_tie() -> None:
    called_alike = dict.fromkeys(("tn-lby-tripoli", "tn-lbn-tripoli", "tn-lbn-sidon"), "exact")
    found = choose(GAZETTEER, called_alike, Context(default_country="LBN"))
    assert (found.status, found.place_id, len(found.rivals)) == ("ambiguous", None, 3)


def test_code_and_name_that_disagree_leave_the_sub_county_open() -> None:  # P18
    pair = ("KE034185", "Kajiado East")
    for found in (resolve(pair[0], admin_text=pair[1]), resolve(pair[1], admin_text=pair[0])):
        assert (found.place_id, found.problems) == ("KE034", ("flag:code_name_conflict",))


def test_a_place_in_a_country_column_is_kept() -> None:  # P20
    found = resolve(country_text="Nairobi")
    assert (found.country, found.county) == ("KEN", "KE047")
    assert found.problems == ("flag:place_in_country_column",)
    assert resolve(country_text="NA", country_is_code=False).kind == "unknown"


def test_decisions_go_first_and_may_name_a_country() -> None:
    decisions: list[dict[str, str | None]] = [
        {"id": "aaaaaaaaaaaa", "text": "Zzyzx", "country": None, "place_id": "KE032"},
        {"id": "bbbbbbbbbbbb", "text": "Malaba", "country": "UG", "place_id": "tn-uga-tororo"},
    ]
    resolver = Resolver(GAZETTEER, decisions)
    found = resolver.resolve(Mention(" ZZYZX "))
    assert (found.place_id, found.method, found.status) == ("KE032", "decision", "resolved")
    assert resolver.resolve(Mention("Malaba", country_text="Uganda")).place_id == "tn-uga-tororo"
    assert resolver.resolve(Mention("Malaba")).place_id == "bp-ken-malaba"


def test_decision_for_a_removed_place_leaves_the_name_unresolved() -> None:
    gone = {"id": "cccccccccccc", "text": "Malaba", "country": None, "place_id": "tn-none"}
    found = Resolver(GAZETTEER, [gone]).resolve(Mention("Malaba"))
    assert (found.place_id, found.status, found.method) == (None, "unresolved", "decision")
    assert found.needs_steward


def test_names_on_the_command_line_have_the_promised_keys() -> None:
    (answer,) = resolve_names(["Eldoret"])
    assert answer == {
        "name": "Eldoret", "status": "resolved", "place_id": "tn-ken-eldoret", "kind": "town", "country": "KE",
        "county": "KE027", "method": "exact", "confidence": 0.99, "rivals": [],
    }  # fmt: skip
    assert resolve_names(["Busia"], country="UG")[0]["country"] == "UG"


NAMES = sorted(GAZETTEER.names)
JOINS = st.sampled_from([", ", "/", " - ", " (", " ", " or ", " border ", ", Kenya ", " near "])
PIECES = st.one_of(
    st.sampled_from(NAMES), st.text(max_size=12), st.sampled_from(sorted(GAZETTEER.stop_words))
)
TEXTS = st.one_of(
    st.none(), st.text(max_size=80), st.builds("".join, st.lists(st.one_of(PIECES, JOINS), max_size=7))
)


@given(TEXTS, TEXTS, TEXTS, st.sampled_from([None, "KEN", "UGA"]), st.booleans())
def test_any_text_gives_an_outcome_that_agrees_with_the_seeds(
    place: str | None, admin: str | None, country: str | None, default: str | None, is_code: bool
) -> None:
    found = RESOLVER.resolve(Mention(place, admin, country, default, is_code))
    assert found.status in ("resolved", "review", "ambiguous", "unresolved")
    assert (found.place_id is None) == (found.status in ("ambiguous", "unresolved"))
    if found.place_id:
        known = GAZETTEER.place(found.place_id)
        assert (found.country, found.county, found.kind) == (known.country, known.county, known.kind)
        assert (found.status == "resolved") == (found.confidence >= 0.6)
    assert all(rival in GAZETTEER.places for rival in found.rivals)


@given(
    st.sampled_from(
        sorted(
            i
            for i, p in GAZETTEER.places.items()
            # Ndungu in Tanzania is a given name too, so it is never sure.
            if p.kind in ("county", "subcounty", "town") and i != "tn-tza-ndungu"
        )
    )
)
def test_every_name_of_the_seeds_resolves_with_its_county(place_id: str) -> None:
    place = GAZETTEER.place(place_id)
    if not place.county:
        assert resolve(place.name, country_text=place.country).country == place.country
        return
    found = resolve(place.name, admin_text=GAZETTEER.place(place.county).name)
    assert (found.status, found.county) == ("resolved", place.county)


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Sampleton, Kitui", "Mrs Testperson Nairobi", "bwana Fixture wa Busia",
        "Kisimani",  # at the well, and no estate misspelt
        "the airport",
    ],
)  # fmt: skip
def test_persons_and_common_words_are_no_place(text: str) -> None:
    found = resolve(text)
    assert (found.status, found.place_id, found.county) == ("unresolved", None, None)
