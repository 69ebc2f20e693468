"""The outside world: Twilio and SMTP."""
