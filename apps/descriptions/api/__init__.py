"""Descriptions over the API, for staff alone."""
