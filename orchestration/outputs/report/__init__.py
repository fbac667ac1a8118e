"""The report of each edition: `report/index.html`, in Swahili `report/sw.html`, and `report/report.pdf`.

Belongs here: sentences made by rules from published tables, and their layout. Does not: numbers of its own,
and drawing (`outputs.figures`). Reading order: parts, rules, view, findings, figures, brief, chapters,
counties, annex, write. To add a chapter, write a function in `chapters` and name it in `write.CHAPTERS`.
"""
