"""Every number of linkage that is a choice or a measurement, with its reason. Change them here only."""

from __future__ import annotations

from statistics import NormalDist

# Tiers, strongest first: by what a record gives to tell one person from another.
NAME_CODES = "name_codes"  # coded given name or surname
RICH_FORM = "rich_form"  # no name, but several answers of a detailed form
POOR_FORM = "poor_form"  # sex, year, places: persons cannot be told apart, so only registrations are counted
NOT_LINKED = "not_linked"  # no record of one identified person
TIERS = (NAME_CODES, RICH_FORM, POOR_FORM, NOT_LINKED)
LINKED_TIERS = (NAME_CODES, RICH_FORM)
# So many answers of a rich form make it one.
RICH_ANSWERS = 2

# Judgement, to be agreed with partners: a pair at least this likely is linked, or asked about. Without names
# persons of one corridor and year are hard to tell apart.
TAKEN_FROM = {NAME_CODES: 0.95, RICH_FORM: 0.99, POOR_FORM: 0.99}
REVIEWED_FROM = 0.5
# Less likely pairs add nothing that can be seen to the expected number of duplicates.
LIKELY_FROM = 0.0001
COUNTED_FROM_IN_CELLS = 0.01

# A referral number that more records of one partner have is not one case's.
REFERRED_AT_MOST = 3
REFERRED_YEARS_APART = 2
# Incidents of two sources are one where they share a linked person; large ones, of so many persons, two.
LARGE_INCIDENT = 5
SHARED_PERSONS, SHARED_PERSONS_OF_LARGE = 1, 2
# A number of more than a tenth of a source's records, and of more than this many, or of more than a year, is
# used for everything. So many records with a number each have no incident numbers.
INCIDENT_SHARE, INCIDENT_RECORDS, INCIDENT_DAYS = 0.1, 20, 366


def largest_block(records: int) -> int:
    """A group of more records than this, which agree by a blocking rule, is cut by one more column.

    It falls as records grow, so that pairs grow as records do.
    """
    return int(min(50, 4_000 / max(records, 1) ** 0.5))


# The share of records that are somebody's second is estimated, within these bounds.
DUPLICATE_SHARE_BOUNDS = (0.001, 0.5)
DUPLICATE_SHARE_AT_FIRST = 0.1

# How often two records of one person agree is learned; so many pairs that agree as follows are added to those
# that were found, so that few pairs do not teach nonsense.
ADDED_PAIRS = 30
SAME_NAME = 0.8  # each word of the shorter name is in the other
SAME_BIRTH_YEAR = (0.72, 0.14, 0.10)  # equal, one apart, two apart
SAME_FACT = 0.95  # origin, destination, exploitation
SAME_NATIONALITY = 0.97
SAME_SEX = 0.99  # is in every block, and so is never learned
SAME_ANSWER = 0.85
SAME_PHONE = 0.6  # numbers change, and are shared: a rare one that agrees is still strong evidence
SAME_COUNTY_ONLY = 0.10  # the sub-counties differ, the county is one
DAYS_APART = (14, 60, 180)
SAME_DAY = (0.30, 0.45, 0.20)  # within so many days
# The same of persons who travelled together, such as sisters, learned from pairs within one partner. These
# are a class of their own if there are more such pairs than this.
KIN_FROM = 50
KIN_BAPTISMAL = 0.05
KIN_OTHER = 0.7
KIN_ANY = 0.4  # a word of either kind
KIN_BIRTH_YEAR = (0.12, 0.15, 0.15)
KIN_DAY = (0.85, 0.08, 0.04)
KIN_ANSWER = (0.35,)

# A rare value within a group is taken for as common as everywhere, as if so many more had been seen.
SHRUNK_BY = 5
# Two words that no other record has together stand for so many strangers who have.
UNSEEN_NAME = 0.1

# The range holds 90 % of so many repetitions with pairs weighted at random, names with and without their
# kinds, and agreement drawn beside what was measured.
REPETITIONS = 16
RANGE_SHARE = 0.9
RANGE_REACH = NormalDist().inv_cdf((1 + RANGE_SHARE) / 2)  # in standard deviations
ADDED_PAIRS_RANGE = (10, 100)
DRAWN_AROUND = 6
# So many pairs of records are drawn to see how many of one person the blocks would find.
COVERAGE_DRAWS, COVERAGE_DRAWS_REPEATED = 2_000, 500
LOWEST_COVERAGE = 0.05
