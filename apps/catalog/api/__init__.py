"""The JSON API of the catalog."""
