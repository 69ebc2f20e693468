"""Reads: the funnel of reminders."""
