"""Receipts and credit notes: numbered, frozen, signed, kept."""
