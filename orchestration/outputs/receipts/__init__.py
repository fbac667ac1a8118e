"""Receipts: what each partner gets back after a refresh."""
