"""The thresholds of both gates, each with its reason.

Shares run from 0 to 1; a change is this time minus last time; a ratio is this time divided by last time.
"""

# --- Extracts ---------------------------------------------------------------------------------------------

# A full extract replaces what the partner sent before: losing more than a fifth of the rows is more often a
# filter left on, a lost sheet or a half-made export than a correction. The search for the last good extract
# uses the same number, so that a shrunk extract never becomes what the next one is compared with.
FULL_ROWS_VS_LAST_MIN = 0.8
# A register grows; it does not quadruple between two deliveries. If it does, something was pasted twice.
FULL_ROWS_VS_LAST_MAX = 4.0
# An incremental extract may be small or empty (a reported zero); ten times the last one is a whole history
# sent again, and records without a reference of the partner's would count twice.
INCREMENTAL_ROWS_VS_LAST_MAX = 10.0

# Below this number one row moves a share by more than 5 points, the margin of the strictest limit: such a
# share only warns. Unreadable rows are still quarantined, and an extract without a usable row is held
# whatever its size.
SMALL_EXTRACT = 20

# A few rows of a hand-made file have a sign too many; more than one in twenty is an export without quotes.
ROW_SHAPE_MAX = 0.05
# Single stops lose their record when a row is deleted by hand; a fifth of them is a wrong column.
ORPHANS_MAX = 0.2
# Every unreadable required date is a quarantined row; more than a fifth of them is a changed date layout.
READABLE_DATES_MIN = 0.8
# Single cells go wrong by hand; where most of a column cannot be read, the contract or the export is wrong.
# Fewer cells than this may all come from one writer.
UNREAD_CELLS_MAX = 0.5
UNREAD_CELLS_FEWEST = 10
# Spellings vary and new ones come all the time; a quarter unknown is a changed column or a new language.
PLACES_KNOWN_MIN = 0.75
# County of the mentions not known to lie abroad: several partners honestly know no more than "Kenya", so this
# only warns.
COUNTIES_KNOWN_MIN = 0.5
# More than one in twenty values of a closed list unknown: the partner changed its list of choices.
CODES_MAPPED_MIN = 0.95
# Above 30 % quarantined, the fault is in the extract or its contract, not in single rows.
QUARANTINE_MAX = 0.3
# A key that repeats is usually a number that starts again on every sheet; a few are honest double entries.
REPEATED_REFS_MAX = 0.05
# Ids of a form server are equal only for one submission: a partner that sends mostly what another one sent
# first is the same source, or has sent the wrong form. Below half, forwarded cases are likelier; they count
# once.
SHARED_SUBMISSIONS_MAX = 0.5
# One form at two partners shows in many submissions; a case that was forwarded is one of many. From a tenth
# of the smaller partner's submissions on, the two are one source in every count of partners.
ONE_SOURCE_SHARE_MIN = 0.1
# Withheld rows, totals and blanks are normal; where they are most of the file, the filters deserve a look.
REFUSED_ROWS_MAX = 0.5
# A first delivery brings what had gathered: over so many years other staff and forms stand in one file.
FIRST_DELIVERY_YEARS_MAX = 5
# --- An extract beside what its partner sent before ---

# A partner corrects some of its records; one in seven with another origin, date or sex is a moved column,
# swapped answers or slipped references.
CHANGED_RECORDS_MAX = 0.15
# A partner that sends only what is new sends corrections again. Where half of them change in one field, its
# earlier records of the same months are no excuse.
SENT_AGAIN_CHANGED = 0.5
# The same number as for rows: a register loses records by correction, not a fifth of them.
GONE_RECORDS_MAX = 0.2
# A month is gone where this share of its records is; under three records that may be a correction.
MONTH_GONE = 0.9
MONTH_MIN = 3
# Where so many records are to be expected, finding none has a chance of one in 20,000.
SURE_COUNT = 10
# New records come from new months. Late entries are usual; most of them late is a wrong year, or rows sent
# twice.
LATE_RECORDS_MAX = 0.5
# A partner that dates by the journey, not by the day it heard of it, is late by habit: a quarter more is new.
LATE_MARGIN = 0.25
# Records of one raid equal each other; two fifths more than before are rows copied, or a training.
EQUAL_RECORDS_MAX = 0.4
# Under so many new records the mix of ten fields differs by chance too often: they wait for the next file's.
MIX_MIN = 40
# By how much the mix of a field may differ beyond the history's own scatter. Places follow the world: a new
# office or a festival moves a quarter of the records. Other fields follow the form.
PLACES_MARGIN = 0.3
MIX_MARGIN = 0.15
# By how much fewer records may state a field, beyond the same scatter.
STATED_MARGIN = 0.15
# The scatter is that of blocks as large as the new part: fewer than three say little, over twelve are old.
# From six on the largest is left out: a damaged block would let the same damage pass again.
BLOCKS_MIN = 3
BLOCKS_MANY = 6
BLOCKS_MAX = 12

# --- Releases ---------------------------------------------------------------------------------------------

# Single extracts may reach 30 %; a whole release that sets aside a fifth of its rows is not the evidence.
RELEASE_QUARANTINE_MAX = 0.2
# Against the current release the share moves by little; 5 points at once come from a code or seed change.
RELEASE_QUARANTINE_RISE_MAX = 0.05
# Movements come and go with withdrawals, linkage and embargoes, but not a fifth of them overnight.
MOVEMENTS_VS_LAST_MIN = 0.8
# A large new partner may well triple a young evidence base; more than that is counted twice.
MOVEMENTS_VS_LAST_MAX = 4.0
# Partners pass persons on. Where most of one partner's persons are another one's, they are one source.
SHARED_PERSONS_MAX = 0.5
# A table half as long as in the current release lost an input, even if no row count of another one shows it.
TABLE_ROWS_VS_LAST_MIN = 0.5
# Under this many rows in the current release a ratio says nothing (3 of 5 is one withdrawn extract).
SMALL_TABLE = 50
# Of the records that both releases have from the same extracts. A new alias or a mended contract adds places;
# a fifth less in a county or a quarter less on a corridor is a place read as another one.
COUNTY_KEPT_MIN = 0.8
CORRIDOR_KEPT_MIN = 0.75
# Below it, county tables describe a minority of the movements.
RELEASE_COUNTY_MIN = 0.5
# Losing a fifth of the partners changes what every comparison in the release means.
PARTNERS_VS_LAST_MIN = 0.8
