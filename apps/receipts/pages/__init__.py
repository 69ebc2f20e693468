"""Pages of receipts: their files, and whether a file is one of ours."""
