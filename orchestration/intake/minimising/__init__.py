"""What may be kept of a record, cell by cell: consent, detectors, coordinates, link codes."""
