"""The invented world's places and people: towns and their spellings, given names, the rhythm of a year.

Names of towns and counties are real so that places can be resolved; nothing here says what happens there.
What moves between them is in `corridors`, who sees it in `partners`.
"""

from __future__ import annotations

COUNTIES = {
    "KE001": "Mombasa", "KE002": "Kwale", "KE003": "Kilifi", "KE004": "Tana River", "KE005": "Lamu",
    "KE006": "Taita Taveta", "KE007": "Garissa", "KE008": "Wajir", "KE009": "Mandera",
    "KE010": "Marsabit", "KE011": "Isiolo", "KE012": "Meru", "KE013": "Tharaka-Nithi", "KE014": "Embu",
    "KE015": "Kitui", "KE016": "Machakos", "KE017": "Makueni", "KE018": "Nyandarua", "KE019": "Nyeri",
    "KE020": "Kirinyaga", "KE021": "Murang'a", "KE022": "Kiambu", "KE023": "Turkana",
    "KE024": "West Pokot", "KE025": "Samburu", "KE026": "Trans Nzoia", "KE027": "Uasin Gishu",
    "KE028": "Elgeyo-Marakwet", "KE029": "Nandi", "KE030": "Baringo", "KE031": "Laikipia",
    "KE032": "Nakuru", "KE033": "Narok", "KE034": "Kajiado", "KE035": "Kericho", "KE036": "Bomet",
    "KE037": "Kakamega", "KE038": "Vihiga", "KE039": "Bungoma", "KE040": "Busia", "KE041": "Siaya",
    "KE042": "Kisumu", "KE043": "Homa Bay", "KE044": "Migori", "KE045": "Kisii", "KE046": "Nyamira",
    "KE047": "Nairobi",
}  # fmt: skip

# Where the cases of a corridor begin or end: an area (county or country) and the towns named for it.
TOWNS: dict[str, tuple[str, ...]] = {
    "KE001": ("Mombasa", "Mombasa", "Likoni"), "KE002": ("Kwale", "Ukunda"),
    "KE003": ("Kilifi", "Malindi"), "KE004": ("Hola", "Tana River"), "KE005": ("Lamu",),
    "KE006": ("Voi", "Taveta"), "KE007": ("Garissa", "Garissa", "Dadaab"), "KE008": ("Wajir",),
    "KE009": ("Mandera", "Mandera"), "KE010": ("Moyale", "Marsabit"), "KE011": ("Isiolo",),
    "KE012": ("Meru", "Maua"), "KE013": ("Chuka",), "KE014": ("Embu",), "KE015": ("Kitui", "Mwingi"),
    "KE016": ("Machakos",), "KE017": ("Wote", "Makueni"), "KE018": ("Nyandarua", "Ol Kalou"),
    "KE019": ("Nyeri",), "KE020": ("Kerugoya", "Kirinyaga"), "KE021": ("Murang'a",),
    "KE022": ("Thika", "Kiambu"), "KE023": ("Lodwar", "Kakuma"), "KE024": ("Kapenguria", "West Pokot"),
    "KE025": ("Maralal", "Samburu"), "KE026": ("Kitale",), "KE027": ("Eldoret",),
    "KE030": ("Kabarnet", "Baringo"), "KE032": ("Nakuru", "Naivasha"), "KE033": ("Narok",),
    "KE034": ("Kajiado", "Namanga"), "KE035": ("Kericho",), "KE036": ("Bomet",), "KE037": ("Kakamega",),
    "KE039": ("Bungoma",), "KE040": ("Busia", "Nambale", "Malaba"), "KE041": ("Siaya",),
    "KE042": ("Kisumu",), "KE043": ("Homa Bay",), "KE044": ("Migori", "Isebania"), "KE045": ("Kisii",),
    "KE046": ("Nyamira",), "KE047": ("Nairobi", "Nairobi", "Nairobi", "Eastleigh"),
    "UGA": ("Kampala", "Tororo", "Jinja"), "TZA": ("Arusha", "Mwanza", "Dar es Salaam"),
    "ETH": ("Addis Ababa",), "SOM": ("Mogadishu", "Kismayo"), "SSD": ("Juba",), "COD": ("Goma", "Bukavu"),
    "BDI": ("Bujumbura",), "RWA": ("Kigali",), "SAU": ("Riyadh", "Jeddah", "Saudi Arabia"),
    "ARE": ("Dubai", "Dubai", "Abu Dhabi"), "QAT": ("Doha", "Qatar"), "OMN": ("Muscat", "Oman"),
    "LBN": ("Beirut", "Lebanon"), "THA": ("Bangkok", "Thailand"), "MYS": ("Kuala Lumpur", "Malaysia"),
    "ITA": ("Italy",), "ZAF": ("Johannesburg", "South Africa"),
}  # fmt: skip

# Other ways to write a name; the first word of each town above is the common one.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "Nairobi": ("NAIROBI", "Nrb", "Nairobi City", "nairobi"),
    "Eastleigh": ("Nairobi (Eastleigh)", "Eastleigh, Nairobi"),
    "Mombasa": ("MOMBASA", "Mombassa"),
    "Garissa": ("Garisa", "garissa"),
    "Eldoret": ("Eldoret/Uasin Gishu", "ELDORET"),
    "Kisumu": ("KISUMU", "kisumu"),
    "Taveta": ("Taveta ",),
    "Dubai": ("UAE/Dubai", "DUBAI"),
    "Saudi Arabia": ("KSA", "SAUDI ARABIA"),
    "Isebania": ("Isibania",),
    "Kismayo": ("Kismaayo",),
}
# Not places anybody can find: such rows stay in the evidence base with an open end.
UNFINDABLE = ("Township", "Maraba border", "Kwa Fixture stage", "Near the river camp", "Old market plot 4")
UNKNOWN_PLACE = ("unknown", "not disclosed", "haijulikani")


NATIONALITIES = {
    "UGA": "Ugandan", "TZA": "Tanzanian", "ETH": "Ethiopian", "SOM": "Somali", "SSD": "South Sudanese",
    "COD": "Congolese", "BDI": "Burundian", "RWA": "Rwandan",
}  # fmt: skip

# Given names common in East Africa; the surname alone shows that nobody is meant.
GIVEN_NAMES = (
    "Achieng", "Adhiambo", "Aisha", "Akinyi", "Amina", "Anyango", "Asha", "Atieno", "Auma", "Awino",
    "Baraka", "Brian", "Chebet", "Cherono", "Dalmas", "Ekiru", "Esther", "Faith", "Farida", "Fatuma",
    "Furaha", "Gathoni", "Grace", "Halima", "Hamisi", "Hawa", "Hodan", "Imani", "Jabali", "Jelagat",
    "Joy", "Juma", "Kamau", "Katana", "Kemunto", "Kerubo", "Kibet", "Kipchoge", "Lokwang", "Lydia",
    "Makena", "Mercy", "Moraa", "Mumbi", "Mutua", "Mwende", "Naliaka", "Nafula", "Nasimiyu", "Nekesa",
    "Njeri", "Nyambura", "Odhiambo", "Omar", "Otieno", "Pendo", "Peter", "Rehema", "Saida", "Salim",
    "Sifa", "Tabitha", "Wairimu", "Wambui", "Wanjiku", "Wanjiru", "Wekesa", "Zainabu", "Zawadi",
)  # fmt: skip
SURNAMES = ("Testperson", "Sampleton", "Fixture")

# A school-year rhythm of the invented kind: more people leave around the long holidays.
SEASON = (1.1, 0.95, 0.95, 1.1, 0.95, 0.9, 0.95, 1.15, 1.0, 0.9, 0.95, 1.1)
