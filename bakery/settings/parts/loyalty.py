"""Points, referrals and gift cards: the rates and limits of this shop.

A lot of points keeps the rate at which it was earned, so that a later change of a rate changes
nothing that was earned before it.
"""

from decimal import Decimal

from bakery.settings.environment import env

# Points for one unit of the currency that was paid for goods, without tax.
LOYALTY_POINTS_PER_UNIT = env("LOYALTY_POINTS_PER_UNIT", default=Decimal(1), cast=Decimal)
# What one point pays, in the shop's currency.
LOYALTY_POINT_VALUE = env("LOYALTY_POINT_VALUE", default=Decimal("0.05"), cast=Decimal)
LOYALTY_EXPIRY_MONTHS = env.int("LOYALTY_EXPIRY_MONTHS", default=12)
# So many days before points end their owner is told.
LOYALTY_NOTICE_DAYS = env.int("LOYALTY_NOTICE_DAYS", default=30)
# Points or cards that ended while an order held them live on so long when they return.
LOYALTY_GRACE_DAYS = env.int("LOYALTY_GRACE_DAYS", default=30)
# Points for who invited and for who came.
LOYALTY_REFERRER_POINTS = env.int("LOYALTY_REFERRER_POINTS", default=100)
LOYALTY_REFERRED_POINTS = env.int("LOYALTY_REFERRED_POINTS", default=100)
# A code counts so many days after registration.
LOYALTY_REFERRAL_DAYS = env.int("LOYALTY_REFERRAL_DAYS", default=14)
# From so many in so many days on, by one account or from one address, invitations are held for
# review: the signal that loyalty programmes commonly use is ten from one address in a week.
LOYALTY_REFERRALS_MANY = env.int("LOYALTY_REFERRALS_MANY", default=10)
LOYALTY_REFERRALS_WINDOW_DAYS = env.int("LOYALTY_REFERRALS_WINDOW_DAYS", default=7)
# The largest gift card that staff may issue, in the shop's currency.
GIFT_CARD_MAX = env("GIFT_CARD_MAX", default=Decimal(500), cast=Decimal)
