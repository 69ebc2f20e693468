"""Custom cakes: how long offers and what is not sent are kept, and how often is asked."""

from bakery.settings.environment import env
from bakery.settings.parts.security import RATE_LIMITS

# How long an offer can be paid, unless staff say otherwise or the work has to begin before.
CUSTOM_QUOTE_HOURS = env.int("CUSTOM_QUOTE_HOURS", default=72)
# So long after a person decided about a price it is offered once more by one click.
CUSTOM_RENEWAL_DAYS = env.int("CUSTOM_RENEWAL_DAYS", default=14)
# What was typed and never sent is kept for so many days.
CUSTOM_DRAFT_DAYS = env.int("CUSTOM_DRAFT_DAYS", default=60)
# Who is told of new requests and answers; the mailboxes of alerts if nobody is named.
CUSTOM_EMAILS = env.list("CUSTOM_EMAILS", default=[])
RATE_LIMITS["custom_estimate"] = env("RATE_CUSTOM_ESTIMATE", default="60/minute")
RATE_LIMITS["custom_request"] = env("RATE_CUSTOM_REQUEST", default="60/hour")
# To each mailbox, whoever asks in its name: all are answered by a mail.
RATE_LIMITS["custom_mailbox"] = env("RATE_CUSTOM_MAILBOX", default="20/hour")
RATE_LIMITS["custom_photo"] = env("RATE_CUSTOM_PHOTO", default="60/hour")
