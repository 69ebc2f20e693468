"""Pure functions about the books."""
