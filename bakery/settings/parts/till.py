"""Tills that report what they sell."""

from bakery.settings.environment import env

# "till-code:secret"; a till that is named several times is in a rotation, and each secret counts
# until it is taken off the list.
TILL_KEYS = env.list("TILL_KEYS", default=[])
# How far a till's clock may be off, in seconds.
TILL_CLOCK_SKEW = env.int("TILL_CLOCK_SKEW", default=300)
