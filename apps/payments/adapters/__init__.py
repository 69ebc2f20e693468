"""The outside world of payments: Stripe."""
