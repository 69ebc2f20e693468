"""Pages of accounts: the console's doors, and the pages that mailed links open."""
