"""The outside things that receipts are made with: PDF, signatures, the store of files."""
