"""Drift: changes in a partner's columns and code lists, and the contract changes that resolve them."""
