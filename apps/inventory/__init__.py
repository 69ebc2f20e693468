"""Inventory: everything finite. Stock ledger, holds, pickup slots."""
