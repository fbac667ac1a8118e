"""The chapters of the report: each reads printed tables and says what they tell, in the words of `words.csv`.

A chapter whose table its edition does not print says so in one sentence.
"""

from orchestration.outputs.report.chapters.corridors import corridors
from orchestration.outputs.report.chapters.coverage import completeness, coverage
from orchestration.outputs.report.chapters.hotspots import hotspots
from orchestration.outputs.report.chapters.methods import limits, methods
from orchestration.outputs.report.chapters.news import news
from orchestration.outputs.report.chapters.places import places
from orchestration.outputs.report.chapters.risk import risk
from orchestration.outputs.report.chapters.rounds import rounds
from orchestration.outputs.report.chapters.shifts import shifts
from orchestration.outputs.report.chapters.summary import summary
from orchestration.outputs.report.chapters.ways import ways

__all__ = [
    "completeness",
    "corridors",
    "coverage",
    "hotspots",
    "limits",
    "methods",
    "news",
    "places",
    "risk",
    "rounds",
    "shifts",
    "summary",
    "ways",
]
