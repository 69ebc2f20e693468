"""Twilio through its SDK; TWILIO_API_BASE is set only for the sandbox."""

from bakery.settings.environment import env

TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN", default="")
# The tokens before this one: reports signed with them are believed until they are taken off.
TWILIO_AUTH_TOKENS_OLD = env.list("TWILIO_AUTH_TOKENS_OLD", default=[])
TWILIO_FROM = env("TWILIO_FROM", default="")
TWILIO_API_BASE = env("TWILIO_API_BASE", default="")
TWILIO_TIMEOUT_SECONDS = env.int("TWILIO_TIMEOUT_SECONDS", default=8)
