"""The chapters of the report, one module each. `chapter(view)` returns its section, or None without rows.

Texts in two languages or of several files are in `texts.csv`; a chapter may write its own with `fill`.
"""
