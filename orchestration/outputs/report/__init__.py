"""The report of each edition: `report/index.html`, `report/report.pdf` and `report/figures/`.

Belongs here: sentences made by rules from published tables, and their layout. Does not: numbers of its own,
and drawing (`outputs.figures`). Reading order: parts, rules, view, findings, figures, brief, cells, chapters,
counties, annex, compose, html, pdf, write. To add a chapter, write one module of `chapters` and name it in
`compose.CHAPTERS`.
"""
