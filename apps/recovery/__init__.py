"""Carts that were left: who is reminded, when, and what came of it."""
