"""Callers of the staff API."""
