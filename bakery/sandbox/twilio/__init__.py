"""A local Twilio: messages, calls, status callbacks and replies."""
