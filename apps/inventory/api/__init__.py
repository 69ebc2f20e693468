"""The JSON API of inventory."""
