"""Reminding of carts that were left."""
