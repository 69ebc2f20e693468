"""Catalogue: products, variants, categories and what they cost."""
