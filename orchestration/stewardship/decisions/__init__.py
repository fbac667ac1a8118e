"""Decisions as entries of files: recording, confirming and taking back, which of them hold, previews."""
