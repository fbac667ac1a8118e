"""Dagster objects only: each file wires one step of the way to the room that does the work."""
