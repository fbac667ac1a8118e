"""Builds the gazetteer, `seeds/reference/place*.csv`, from packages of public data and the hand-kept rows
of `seeds/gazetteer`: `make gazetteer`, or `python -m seeds.build.gazetteer`.

Belongs here: what becomes a place, a name, a code or a point, and why. Does not belong here: reading the
tables to resolve names (`places.gazetteer`), and anything that a refresh needs: nothing of this runs then.
"""

from seeds.build.gazetteer.build import build
from seeds.build.gazetteer.packages import missing_packages
from seeds.build.gazetteer.tables import GENERATED, Tables

__all__ = ["GENERATED", "Tables", "build", "missing_packages"]
