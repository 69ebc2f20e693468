"""JSON for customers and staff."""
