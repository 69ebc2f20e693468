"""What others may read of receipts and credit notes."""
