"""The report of each edition: `report/index.html` and `report/report.pdf`.

Belongs here: sentences made by rules from published tables, charts of their counts, and their layout. Does
not: numbers of its own, and how a mark is drawn (`outputs.figures`). Reading order: parts, rules, view,
findings, figures, brief, then a file a page in the order of `write.CHAPTERS`, annex, write.
"""
