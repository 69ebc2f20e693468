"""Custom cakes over the API."""
