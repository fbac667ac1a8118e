"""Staging: write the files of a candidate beside the current release."""
