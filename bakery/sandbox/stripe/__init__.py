"""A local Stripe: the API that the official SDK speaks, a hosted payment page and webhooks."""
