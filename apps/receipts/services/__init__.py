"""What receipts does: issue what an order's sale calls for, seal it, verify a file."""
