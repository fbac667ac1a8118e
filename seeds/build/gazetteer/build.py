"""The order in which the tables are filled: what is added first keeps its id and its point."""

from __future__ import annotations

from orchestration.core import NjiaError
from seeds.build.gazetteer import by_hand, packages
from seeds.build.gazetteer.localities import add_localities
from seeds.build.gazetteer.provinces import add_provinces
from seeds.build.gazetteer.tables import Tables
from seeds.build.gazetteer.towns import add_other_names, add_towns
from seeds.build.gazetteer.units import add_counties, add_countries, add_subcounties, add_wards


def build() -> Tables:
    """All tables from the packages and the hand-kept rows; raises NjiaError where one is missing."""
    missing = packages.missing_packages()
    if missing:
        raise NjiaError(f"The gazetteer needs {', '.join(missing)}. {packages.HOW_TO_GET_THEM}")
    tables = Tables()
    by_hand.add_roots(tables)
    add_countries(tables)
    add_counties(tables)
    add_subcounties(tables)
    by_hand.add_places(tables)
    towns = add_towns(tables)
    add_localities(tables)
    add_wards(tables)
    by_hand.add_names(tables, of_all=False)
    add_other_names(tables, towns)
    add_provinces(tables)
    by_hand.add_names(tables, of_all=True)
    by_hand.add_codes(tables)
    return tables
