"""Every number of linkage that is a choice or a measurement, with its reason. Change them here only."""

from __future__ import annotations

# Tiers, strongest first: by what a record gives to tell one person from another.
NAME_CODES = "name_codes"  # coded given name or surname
RICH_FORM = "rich_form"  # no name, but several answers of a detailed form
POOR_FORM = "poor_form"  # sex, year, places: persons cannot be told apart, so only registrations are counted
NOT_LINKED = "not_linked"  # no record of one identified person
TIERS = (NAME_CODES, RICH_FORM, POOR_FORM, NOT_LINKED)
LINKED_TIERS = (NAME_CODES, RICH_FORM)
# So many answers of a rich form make it one.
RICH_ANSWERS = 2

# Judgement, to be agreed with partners: a pair at least this likely is linked, or asked about.
TAKEN_FROM = 0.95
REVIEWED_FROM = 0.5
# Less likely pairs add nothing that can be seen to the expected number of duplicates.
COUNTED_FROM = 0.001

# A block of more records than this, which agree in what it compares, is left out, and that is noted: so pairs
# grow as records do. The samples have at most 923. The commonest of 900 given names stands some 3,000 times
# among 100,000 women; what else agrees brings its persons together. Of 48,000 simulated persons it costs 2 of
# 6,253 links, and at 385,000 movements it halves the time.
LARGEST_BLOCK = 1000

# The share of records that are somebody's second is estimated; what is expected comes as a range, because
# the answer moves with it more than with anything else.
PRIOR_FACTORS = (0.3, 1.0, 3.0)
DUPLICATE_SHARE_BOUNDS = (0.001, 0.5)
DUPLICATE_SHARE_AT_FIRST = 0.1

# How often two records of one person agree. They are set and not learned: without names, expectation
# maximisation settles on pairs from one corridor instead of pairs of one person (F1 .30 instead of .84 on the
# simulated population). They follow from its errors: 10 % of names mistyped, 15 % of birth years off.
SAME_NAME = 0.85
SAME_BIRTH_YEAR = (0.72, 0.14, 0.10)  # equal, one apart, two apart
SAME_FACT = 0.95  # origin, destination, exploitation
SAME_NATIONALITY = 0.97
SAME_ANSWER = 0.85
SAME_PHONE = 0.6  # numbers change, and are shared: a rare one that agrees is still strong evidence
SAME_COUNTY_ONLY = 0.10  # the sub-counties differ, the county is one
DAYS_APART = (14, 60, 180)
SAME_DAY = (0.30, 0.45, 0.20)  # within so many days

# Codes and answers live as long as their extract is in force; what is left of a link are record ids.
