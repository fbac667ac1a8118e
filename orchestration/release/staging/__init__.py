"""Staging: the files of a candidate, written beside the current release."""
