"""Twilio through its SDK; TWILIO_API_BASE is set only for the sandbox."""

from bakery.settings.environment import env

TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env("TWILIO_FROM", default="")
TWILIO_API_BASE = env("TWILIO_API_BASE", default="")
TWILIO_TIMEOUT_SECONDS = 8
