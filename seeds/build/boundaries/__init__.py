"""Builds `seeds/boundaries`: generalised counties and country layers (`make boundaries`)."""
