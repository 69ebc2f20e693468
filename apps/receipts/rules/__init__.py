"""Pure functions about receipts."""
