"""JSON over HTTP: starting a payment, and what Stripe sends."""
