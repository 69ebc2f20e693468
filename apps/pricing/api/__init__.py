"""Prices over the API."""
