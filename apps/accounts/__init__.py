"""Accounts: users, roles, tokens, second factor, consent."""
