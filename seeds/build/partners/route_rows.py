"""The two invented rounds of route reports: which routes the partners of a round report.

The rows imitate nothing but the published facts about the two rounds (countries named by group, forms, hub,
new countries, transit places); which town, which number and which partner stands in a row is made up. The
facts are nowhere written down as answers: they come out when the rows are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

ROUND_ONE = {"swala_house": 28, "chui_outreach": 24, "kongoni_trust": 20, "pundamilia_centre": 18,
             "korongo_watch": 14, "ndovu_alliance": 11}  # fmt: skip
ROUND_TWO = {"swala_house": 29, "chui_outreach": 25, "kongoni_trust": 21, "pundamilia_centre": 19,
             "korongo_watch": 15, "ndovu_alliance": 13, "tausi_initiative": 12, "kanga_collective": 10,
             "mamba_coast": 10, "fuko_desk": 9}  # fmt: skip
KENYA = "Kenya"


@dataclass(frozen=True)
class Route:
    """A known route: `town, country` at both ends, transit places in order, its form, how many report it."""

    origin: str
    destination: str
    via: str
    exploitation: str
    industry: str
    reports: int = 1
    partners: tuple[str, ...] = ()  # reported by exactly these, once each; empty: dealt among all


def _routes(table: str) -> tuple[Route, ...]:
    found = []
    for line in table.strip().splitlines():
        origin, destination, via, exploitation, industry, last = (part.strip() for part in line.split("|"))
        partners = () if last.isdigit() else tuple(last.split())
        found.append(
            Route(origin, destination, via, exploitation, industry, len(partners) or int(last), partners)
        )
    return tuple(found)


# origin | destination | transit places | type of exploitation | industry | how many report it, or who
ROUTES_ONE = _routes("""
Kakamega, Kenya | Nairobi, Kenya | Eldoret > Nakuru | Domestic servitude | Domestic work | 5
Kitui, Kenya | Nairobi, Kenya | Machakos | Domestic servitude | Domestic work | 4
Busia, Kenya | Nairobi, Kenya | Kisumu > Nakuru | Domestic servitude | Domestic work | 4
Kisumu, Kenya | Nairobi, Kenya | Nakuru | Commercial sexual exploitation | Commercial sex | 4
Bungoma, Kenya | Nairobi, Kenya | Eldoret | Domestic servitude | Domestic work | 3
Migori, Kenya | Nairobi, Kenya | Kisii | Child labour | Street trade | 2
Meru, Kenya | Nairobi, Kenya | Thika | Sexual exploitation | Hospitality | 2
Machakos, Kenya | Nairobi, Kenya | Direct | Commercial sexual exploitation | Commercial sex | 3
Garissa, Kenya | Nairobi, Kenya | Thika | Forced begging | | 2
Lodwar, Kenya | Nairobi, Kenya | Kitale > Nakuru | Child labour | Street trade | 2
Homa Bay, Kenya | Kisumu, Kenya | Direct | Forced labour | Fishing | 2
Kilifi, Kenya | Mombasa, Kenya | | Commercial sexual exploitation | Commercial sex | 4
Kwale, Kenya | Mombasa, Kenya | | Sexual exploitation | | 2
Bomet, Kenya | Kericho, Kenya | | Child labour | Agriculture | 2
Narok, Kenya | Kajiado, Kenya | | Child marriage | | 2
Kisumu, Kenya | Riyadh, Saudi Arabia | Nairobi | Domestic servitude | Domestic work | 6
Nakuru, Kenya | Jeddah, Saudi Arabia | Nairobi | Domestic servitude | Domestic work | 4
Mombasa, Kenya | Dubai, United Arab Emirates | Nairobi | Commercial sexual exploitation | Commercial sex | 4
Thika, Kenya | Doha, Qatar | Nairobi | Domestic servitude | Domestic work | 3
Eldoret, Kenya | Kuwait City, Kuwait | Nairobi | Domestic servitude | Domestic work | 2
Mombasa, Kenya | Muscat, Oman | Dar es Salaam | Domestic servitude | Domestic work | 2
Nairobi, Kenya | Manama, Bahrain | Direct | Sexual exploitation | Hospitality | 1
Kakamega, Kenya | Beirut, Lebanon | Nairobi | Domestic servitude | Domestic work | 2
Nyeri, Kenya | Amman, Jordan | Nairobi > Dubai | Domestic servitude | Domestic work | 1
Kampala, Uganda | Riyadh, Saudi Arabia | Busia > Nairobi | Domestic servitude | Domestic work | 2
Addis Ababa, Ethiopia | Beirut, Lebanon | Moyale > Nairobi | Domestic servitude | Domestic work | 2
Nairobi, Kenya | London, United Kingdom | Direct | Domestic servitude | Domestic work | 1
Kisumu, Kenya | London, United Kingdom | Nairobi | Domestic servitude | Domestic work | 1
Mombasa, Kenya | Berlin, Germany | Nairobi | Commercial sexual exploitation | Commercial sex | 2
Kisumu, Kenya | Brussels, Belgium | Nairobi | Commercial sexual exploitation | Commercial sex | 1
Nakuru, Kenya | Mumbai, India | Nairobi | Organ removal | | 1
Mombasa, Kenya | Mumbai, India | Nairobi | Commercial sexual exploitation | Commercial sex | 2
Kisumu, Kenya | Guangzhou, China | Nairobi | Forced criminality | Illicit activity | 2
Thika, Kenya | Kuala Lumpur, Malaysia | Nairobi | Forced labour | Manufacturing | 2
Kathmandu, Nepal | Mombasa, Kenya | Nairobi | Sexual exploitation | Hospitality | 2
Dhaka, Bangladesh | Nairobi, Kenya | Dubai | Forced labour | Construction | 1
Tororo, Uganda | Nairobi, Kenya | Malaba > Nakuru | Domestic servitude | Domestic work | 3
Kampala, Uganda | Nairobi, Kenya | Busia | Commercial sexual exploitation | Commercial sex | 2
Arusha, Tanzania | Nairobi, Kenya | Namanga | Forced begging | | 3
Mogadishu, Somalia | Nairobi, Kenya | Garissa | Forced marriage | | 2
Juba, South Sudan | Eldoret, Kenya | Lodwar | Forced labour | Agriculture | 1
Khartoum, Sudan | Nairobi, Kenya | Juba | Sexual exploitation | | 1
Kigali, Rwanda | Nairobi, Kenya | Kampala | Domestic servitude | Domestic work | 1
Bujumbura, Burundi | Nairobi, Kenya | Kampala > Busia | Domestic servitude | Domestic work | 1
Bukavu, DRC | Migori, Kenya | Kampala | Forced labour | Mining | 1
Asmara, Eritrea | Johannesburg, South Africa | Moyale > Nairobi | Forced labour | Construction | 1
Djibouti, Djibouti | Mombasa, Kenya | | Forced labour | Fishing | 1
Lagos, Nigeria | Nairobi, Kenya | Direct | Commercial sexual exploitation | Commercial sex | 1
Accra, Ghana | Nairobi, Kenya | | Forced labour | Hospitality | 1
Nairobi, Kenya | Tripoli, Libya | Juba > Khartoum | Forced labour | Construction | 1
Addis Ababa, Ethiopia | Johannesburg, South Africa | Moyale > Nairobi > Namanga | Forced labour | Hospitality | 2
Nairobi, Kenya | Lusaka, Zambia | Namanga | Forced labour | Mining | 1
Lilongwe, Malawi | Nairobi, Kenya | Dar es Salaam | Domestic servitude | Domestic work | 1
Maputo, Mozambique | Mombasa, Kenya | Dar es Salaam | Forced labour | Fishing | 1
Moroni, Comoros | Mombasa, Kenya | | Domestic servitude | Domestic work | 1
Antananarivo, Madagascar | Kuwait City, Kuwait | Nairobi | Domestic servitude | Domestic work | 1
Harare, Zimbabwe | Kuwait City, Kuwait | Nairobi | Domestic servitude | Domestic work | 1
""")  # noqa: E501

ROUTES_TWO = _routes("""
Bungoma, Kenya | Nairobi, Kenya | | Domestic servitude | Domestic work | 8
Kisumu, Kenya | Riyadh, Saudi Arabia | Direct | Domestic servitude | Domestic work | 8
Kampala, Uganda | Nairobi, Kenya | Busia > Nambale | Domestic servitude | Domestic work | 8
Tororo, Uganda | Nairobi, Kenya | Malaba | Domestic servitude | Domestic work | 7
Addis Ababa, Ethiopia | Nairobi, Kenya | Moyale > Marsabit > Isiolo | Forced labour | Construction | 9
Mogadishu, Somalia | Nairobi, Kenya | Mandera > Garissa > Mwingi | Forced marriage | | 7
Mogadishu, Somalia | Nairobi, Kenya | Kismayo > Liboi > Garissa | Forced begging | | 6
Arusha, Tanzania | Nairobi, Kenya | Namanga | Forced begging | | 8
Mwanza, Tanzania | Kisumu, Kenya | Isebania > Rongo | Child labour | Street trade | 6
Dar es Salaam, Tanzania | Mombasa, Kenya | Kwale | Commercial sexual exploitation | Commercial sex | 6
Arusha, Tanzania | Mombasa, Kenya | Taveta | Forced begging | | 6
Kilifi, Kenya | Mombasa, Kenya | | Commercial sexual exploitation | Commercial sex | 8
Garissa, Kenya | Dubai, United Arab Emirates | Mombasa | Domestic servitude | Domestic work | 6
Addis Ababa, Ethiopia | Johannesburg, South Africa | Moyale > Isiolo > Namanga | Forced labour | Hospitality | 7
Kampala, Uganda | Dubai, United Arab Emirates | Malaba > Mombasa | Domestic servitude | Domestic work | 5
Nakuru, Kenya | Doha, Qatar | Direct | Forced labour | Construction | 6
Homa Bay, Kenya | Kisumu, Kenya | Rongo | Forced labour | Fishing | 5
Kitui, Kenya | Nairobi, Kenya | Mwingi | Domestic servitude | Domestic work | 6
Kwale, Kenya | Muscat, Oman | Mombasa | Domestic servitude | Domestic work | 5
Busia, Kenya | London, United Kingdom | Direct | Commercial sexual exploitation | Commercial sex | 2
Meru, Kenya | Nairobi, Kenya | None | Sexual exploitation | Hospitality | 6
Bujumbura, Burundi | Nairobi, Kenya | Busia | | | 4
Thika, Kenya | Kuala Lumpur, Malaysia | Direct | Forced labour | Manufacturing | 4
Helsinki, Finland | Nairobi, Kenya | Direct | Forced marriage | | tausi_initiative kanga_collective
Hargeisa, Somaliland | Nairobi, Kenya | Mandera > Garissa | Domestic servitude | Domestic work | chui_outreach kongoni_trust mamba_coast
Nakuru, Kenya | Addis Ababa, Ethiopia | Isiolo > Moyale | Forced labour | Construction | swala_house kongoni_trust
Mombasa, Kenya | Windhoek, Namibia | | Forced labour | Mining | kanga_collective
Mombasa, Kenya | Bangkok, Thailand | Direct | Commercial sexual exploitation | Commercial sex | swala_house tausi_initiative korongo_watch
Kisumu, Kenya | Istanbul, Turkey | | Domestic servitude | Domestic work | pundamilia_centre fuko_desk
Nairobi, Kenya | Athens, Greece | Direct | Domestic servitude | Domestic work | chui_outreach
Mombasa, Kenya | Rome, Italy | | Commercial sexual exploitation | Commercial sex | tausi_initiative mamba_coast
Nairobi, Kenya | Amsterdam, Netherlands | Direct | Commercial sexual exploitation | Commercial sex | ndovu_alliance
Eldoret, Kenya | Kigali, Rwanda | Malaba | Domestic servitude | Domestic work | swala_house chui_outreach ndovu_alliance
""")  # noqa: E501
