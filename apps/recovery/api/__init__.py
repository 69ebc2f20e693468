"""Leaving an address with a cart; the funnel for staff."""
