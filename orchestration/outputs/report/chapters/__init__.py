"""The chapters of the report. Each is a function of a view that returns its section, or None without rows.

Texts in two languages or of several files are in `texts.csv`; a chapter may write its own with `fill`.
"""
