"""Drift: changes in a partner's columns and code lists, and the change to the contract that answers."""
