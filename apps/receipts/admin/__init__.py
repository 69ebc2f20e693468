"""The console's pages of receipts."""
