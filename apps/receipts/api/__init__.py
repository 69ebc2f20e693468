"""JSON over HTTP: the receipts of an order, and whether a file is one."""
