"""Dagster objects only: each file connects one step of a refresh to the room that does its work."""
