"""Adapters of the catalog."""
