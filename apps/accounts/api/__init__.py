"""The accounts endpoints."""
