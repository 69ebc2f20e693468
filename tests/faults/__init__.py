"""Faults that cross rooms."""
