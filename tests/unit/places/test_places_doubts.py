"""Texts that name a place without placing anyone there: sides of a border, journeys, denials."""

import pytest

from orchestration.places.gazetteer import Place
from orchestration.places.mentions import Mention
from tests.fixtures.resolver import GAZETTEER, RESOLVER, resolve


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("Busia UG side", "bp-uga-busia"), ("busia ug", "bp-uga-busia"), ("Busia, Ug side", "bp-uga-busia"),
        ("Busia UGA", "bp-uga-busia"), ("Ug side of Busia", "bp-uga-busia"),
        ("Malaba UG side", "bp-uga-malaba"), ("Namanga Tz", "bp-tza-namanga"),
        ("Moyale eth side", "bp-eth-moyale"), ("El Wak SOM", "bp-som-el-wak"),
        ("Busia KE side", "bp-ken-busia"),
        # The other side has a name of its own, which nobody wrote: its country is sure, no more.
        ("Taveta TZ side", "TZA"), ("Mandera SOM", "SOM"), ("Mandera Somalia side", "SOM"),
        ("Lunga Lunga TZ", "TZA"),
    ],
)  # fmt: skip
def test_the_code_of_a_country_behind_a_crossing_says_the_side(text: str, place_id: str) -> None:
    found = resolve(text)
    assert (found.status, found.place_id) == ("resolved", place_id)


@pytest.mark.parametrize(
    "text", ["Busia xyzzy", "Busia, xyzzy", "Busia U.G.", "Malaba U", "Busia near market"]
)
def test_unreadable_word_behind_a_crossing_is_ambiguous(text: str) -> None:
    found = resolve(text)
    assert (found.status, found.place_id, found.country) == ("ambiguous", None, None)
    assert {one[:6] for one in found.rivals} == {"bp-ken", "bp-uga"}


@pytest.mark.parametrize(
    ("text", "rivals"),
    [
        ("Uganda border", ("UGA", "KEN")), ("Ethiopia border", ("ETH", "KEN")),
        ("Somalia boarder", ("SOM", "KEN")), ("mpaka wa Tanzania", ("TZA", "KEN")),
        ("at the border of Uganda", ("UGA", "KEN")), ("Sudan border", ("SDN", "SSD")),
        ("Rwanda border", ("RWA",)), ("Kenya/Uganda border", ("KEN", "UGA")),
        ("Busia Uganda border", ("bp-ken-busia", "bp-uga-busia")),
        ("Namanga, Tanzania border", ("bp-ken-namanga", "bp-tza-namanga")),
    ],
)  # fmt: skip
def test_a_border_of_a_country_is_on_either_side_of_it(text: str, rivals: tuple[str, ...]) -> None:
    found = resolve(text)
    assert (found.status, found.country, found.rivals) == ("ambiguous", None, rivals)


@pytest.mark.parametrize(
    ("text", "columns", "place_id"),
    [
        # A country behind the border of a crossing is its side.
        *[(text, {}, "bp-uga-malaba") for text in
          ("Malaba border, Uganda", "Malaba border post (Uganda)", "Malaba border UG", "Malaba - Uganda")],
        # A spot behind a crossing and a stated country leave no doubt.
        ("Busia stage", {}, "bp-ken-busia"), ("Busia xyzzy", {"country_text": "Kenya"}, "bp-ken-busia"),
        ("Busia xyzzy", {"country_text": "Uganda"}, "bp-uga-busia"), ("Uganda border", {"country_text": "Kenya"}, "KEN"),
        ("Uganda border", {"admin_text": "Busia"}, "KE040"), (None, {"country_text": "Uganda border"}, None),
        ("Kitale so", {}, "tn-ken-kitale"),  # in small letters, behind no crossing, no code of a country
        # Journeys within a county, and words of journeys without a start.
        ("Eastleigh to Westlands", {}, "KE047"), ("Nairobi to Mombasa Road", {}, None),
        ("back to Kenya", {}, "KEN"), ("next to Eldoret", {}, "tn-ken-eldoret"), ("to Oman by agent", {}, "OMN"),
        # A denial covers only the name behind it; an embassy lies in its host city.
        ("not known, Kenya", {}, "KEN"), ("Kenya embassy in Riyadh", {}, "tn-sau-riyadh"), ("Kenya embassy", {}, None),
        ("South Darfur, Sudan", {}, "pr-sdn-ds"),
    ],
)  # fmt: skip
def test_what_leaves_no_doubt_is_read(
    text: str | None, columns: dict[str, str], place_id: str | None
) -> None:
    assert resolve(text, **columns).place_id == place_id


@pytest.mark.parametrize(
    ("text", "country", "rivals"),
    [
        ("Nairobi to Jeddah", None, ("KE047", "tn-sau-jeddah")),
        ("Nairobi hadi Dubai", None, ("KE047", "tn-are-dubai")),
        ("Nairobi kwenda Dubai", None, ("KE047", "tn-are-dubai")),
        ("from Nairobi then Dubai", None, ("KE047", "tn-are-dubai")),
        ("Kampala to Dubai", None, ("tn-uga-kampala", "tn-are-dubai")),
        ("Dubai via Nairobi", None, ("tn-are-dubai", "KE047")),
        ("Mombasa to Nairobi", "KEN", ("KE001", "KE047")),
        ("Nairobi > Busia > Kampala", None, ("KE047", "bp-ken-busia", "tn-uga-kampala")),
        ("Nairobi to xyzzy", None, ("KE047",)),
    ],
)
def test_journey_is_ambiguous_between_its_stops(
    text: str, country: str | None, rivals: tuple[str, ...]
) -> None:
    found = resolve(text)
    assert (found.status, found.place_id, found.country, found.rivals) == ("ambiguous", None, country, rivals)


@pytest.mark.parametrize(
    "text", ["not Kenya", "non Kenya", "sio Kenya", "outside Uganda", "nje ya Kenya", "Kenya Airways"]
)
def test_a_country_that_is_denied_or_lends_its_name_does_not_count(text: str) -> None:
    found = resolve(text)
    assert (found.status, found.country) == ("unresolved", None)
    assert resolve(text, country_text="Oman").country == "OMN"


@pytest.mark.parametrize(
    "text", ["Sudan South", "Sudan, South", "Sudan ya Kusini", "جنوب السودان", "دولة جنوب السودان"]
)
def test_south_sudan_is_known_in_any_order_of_its_words(text: str) -> None:
    assert (resolve(text).status, resolve(text).country) == ("resolved", "SSD")


@pytest.mark.parametrize("text", ["New Sudan", "South of Sudan", "Suoth Sudan", "Sudan southern"])
def test_possible_south_sudan_is_never_sudan(text: str) -> None:
    found = resolve(text)
    assert (found.status, found.country, found.rivals) == ("ambiguous", None, ("SSD", "SDN"))


def test_a_name_of_two_counties_is_read_only_where_one_is_known_far_better() -> None:
    """The README's sentence, for every name of a place in Kenya."""
    kenyan = sorted({place.name for place in GAZETTEER.places.values() if place.country == "KEN"})
    found = RESOLVER.resolve_all({n: Mention(name) for n, name in enumerate(kenyan)})
    chosen = []
    for name, one in zip(kenyan, found.values(), strict=True):
        best = GAZETTEER.place(one.place_id) if one.place_id else None
        if best is None or best.country != "KEN" or best.kind in ("county", "border_point"):
            continue
        for rival in map(GAZETTEER.place, one.rivals):
            is_home = rival.country == "KEN" and rival.county != best.county
            if is_home and not _is_known_far_better(best, rival):
                chosen.append((name, best.place_id, rival.place_id))
    assert chosen == []


def _is_known_far_better(best: Place, rival: Place) -> bool:
    people = best.population or 0
    if best.kind == "town":
        is_bigger = rival.kind in ("ward", "area") or people >= 10 * (rival.population or people)
        return people >= 20_000 and is_bigger
    return rival.kind == "area" and best.kind != "area"
