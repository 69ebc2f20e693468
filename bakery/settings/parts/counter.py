"""The counter and the phone: how long goods wait for money, and what proves who took an order."""

from decimal import Decimal

from bakery.settings.environment import env

# How long the goods of an order that staff took wait for the payment by link; at most a day.
COUNTER_HOLD_HOURS = min(max(env.int("COUNTER_HOLD_HOURS", default=4), 1), 24)
# From this total on, who takes an order signs for it or is photographed.
HAND_OVER_PROOF_FROM = env("HAND_OVER_PROOF_FROM", default=Decimal(150), cast=Decimal)
# How long after the end of its pickup time a customer is reminded of an order that waits, and
# when the list of late orders proposes to give up waiting.
LATE_REMINDER_MINUTES = env.int("LATE_REMINDER_MINUTES", default=30)
NO_SHOW_AFTER_HOURS = env.int("NO_SHOW_AFTER_HOURS", default=2)
# What the kitchen adds to the minutes of an order's oven and decorators before its pickup: packing,
# labelling and what nobody plans. Orders placed or edited from then on fire by it.
KITCHEN_SPARE_MINUTES = env.int("KITCHEN_SPARE_MINUTES", default=30)
# A timer that runs on the board for longer was forgotten, and counts so many minutes.
KITCHEN_TIMER_MAX_MINUTES = min(max(env.int("KITCHEN_TIMER_MAX_MINUTES", default=480), 1), 1440)
