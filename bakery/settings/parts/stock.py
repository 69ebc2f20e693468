"""How stock is watched."""

from bakery.settings.environment import env

# How far above its limit a size must recover before it can be called low again.
STOCK_REARM_PERCENT = env.int("STOCK_REARM_PERCENT", default=20)
# Who is told that something runs low; the mailboxes of alerts if nobody is named.
STOCK_EMAILS = env.list("STOCK_EMAILS", default=[])
# Lots that end within so many days are listed for a markdown.
STOCK_MARKDOWN_DAYS = env.int("STOCK_MARKDOWN_DAYS", default=1)
