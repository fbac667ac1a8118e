"""Minimise records: consent, detectors of identifying cells, coordinates, link codes."""
