"""Payments: Stripe sessions, webhooks and the records of money."""
