"""The shop itself: one bakery per installation."""

from decimal import Decimal

from bakery.settings.environment import env

SHOP_NAME = env("SHOP_NAME", default="Sweet Rise Bakery")
SHOP_TIME_ZONE = env("SHOP_TIME_ZONE", default="America/Toronto")
SHOP_CURRENCY = env("SHOP_CURRENCY", default="CAD")
# The shop as its receipts name it: the name it is registered under (else SHOP_NAME), its address
# line by line with | between, how to reach it, and its tax registrations by levy:
# "HST:123456789RT0001,QST:1234567890TQ0001". What the law asks of a receipt and is not set here is
# told in the console; nothing is made up.
SHOP_LEGAL_NAME = env("SHOP_LEGAL_NAME", default="")
SHOP_ADDRESS = [line.strip() for line in env("SHOP_ADDRESS", default="").split("|") if line.strip()]
SHOP_PHONE = env("SHOP_PHONE", default="")
SHOP_EMAIL = env("SHOP_EMAIL", default="")
SHOP_TAX_NUMBERS = {
    levy.strip(): number.strip()
    for levy, _, number in (
        item.partition(":") for item in env.list("SHOP_TAX_NUMBERS", default=[])
    )
}
# What receipts say about refunds, and the paper they are made for: letter or a4.
RECEIPT_POLICY = env("RECEIPT_POLICY", default="")
RECEIPT_POLICY_FR = env("RECEIPT_POLICY_FR", default="")
RECEIPT_PAPER = env("RECEIPT_PAPER", default="letter") or "letter"
SHOP_COUNTRY = env("SHOP_COUNTRY", default="CA")
SHOP_REGION = env("SHOP_REGION", default="ON")
# Whether prices are written with the tax in them, as in the UK.
SHOP_PRICES_INCLUDE_TAX = env.bool("SHOP_PRICES_INCLUDE_TAX", default=False)
# Levies of counties and cities beside the state's: "Travis County:0.01,Austin:0.01".
SHOP_TAX_LOCAL = tuple(
    (name.strip(), Decimal(rate))
    for name, _, rate in (item.rpartition(":") for item in env.list("SHOP_TAX_LOCAL", default=[]))
)
# Phones, E.164, that a cake alert goes to: the first at once, the next when nobody acknowledged.
ALERT_PHONES = env.list("ALERT_PHONES", default=[])
# The shop's mailboxes that an escalated alert is mailed to.
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
# Every morning each paid cake of the next days must be on the board and acknowledged.
BOARD_CHECK_DAYS = env.int("BOARD_CHECK_DAYS", default=14)
# How customers and staff reach the platform; links in mails and callbacks are built from these,
# never from a request's Host header.
PUBLIC_BASE_URL = env("PUBLIC_BASE_URL", default="http://127.0.0.1:8000")
LIVE_BASE_URL = env("LIVE_BASE_URL", default="ws://127.0.0.1:8001")
SANDBOX = False
SANDBOX_URL = env("SANDBOX_URL", default="http://127.0.0.1:8002")
# The pickup calendar that `extend_calendar` keeps open: weekdays (0 is Monday) and local hours.
SHOP_OPEN_WEEKDAYS = [int(day) for day in env.list("SHOP_OPEN_WEEKDAYS", default=list("123456"))]
SHOP_OPENS = env("SHOP_OPENS", default="08:00")
SHOP_CLOSES = env("SHOP_CLOSES", default="18:00")
SHOP_SLOT_MINUTES = env.int("SHOP_SLOT_MINUTES", default=60)
SHOP_SLOT_CAPACITY = env.int("SHOP_SLOT_CAPACITY", default=6)
SHOP_CALENDAR_DAYS = env.int("SHOP_CALENDAR_DAYS", default=28)
# Margins, (price - cost) / price, below this are shown as a warning.
SHOP_MARGIN_FLOOR = env("SHOP_MARGIN_FLOOR", default=Decimal("0.60"), cast=Decimal)
# What is mixed beyond what orders need, in percent.
SHOP_BAKE_BUFFER_PERCENT = env("SHOP_BAKE_BUFFER_PERCENT", default=Decimal(5), cast=Decimal)
# Where the shop is, in degrees (WGS 84): delivery zones by distance count from here. Without both
# such zones hold no address. The default is the middle of Toronto, as all defaults above.
SHOP_LATITUDE: float | None = env.float("SHOP_LATITUDE", default=43.6532)
SHOP_LONGITUDE: float | None = env.float("SHOP_LONGITUDE", default=-79.3832)
# A pickup more than so many days before the feast is asked about.
SHOP_EVENT_DAYS_BEFORE = env.int("SHOP_EVENT_DAYS_BEFORE", default=2)
# How long a place on a full day is kept for who is offered it; it runs between these local hours.
SHOP_WAITLIST_OFFER_MINUTES = env.int("SHOP_WAITLIST_OFFER_MINUTES", default=120)
SHOP_WAITLIST_FROM_HOUR = env.int("SHOP_WAITLIST_FROM_HOUR", default=8)
SHOP_WAITLIST_TO_HOUR = env.int("SHOP_WAITLIST_TO_HOUR", default=21)
# Customers are reminded of the rest after a deposit so many days before it is due.
SHOP_BALANCE_REMINDER_DAYS = [
    int(days) for days in env.list("SHOP_BALANCE_REMINDER_DAYS", default=["3", "1"])
]
# From this local hour on customers are reminded of what they ordered for tomorrow.
SHOP_REMINDER_HOUR = env.int("SHOP_REMINDER_HOUR", default=16)
# Until so long before the kitchen begins customers may cancel a paid order themselves.
ORDER_CANCEL_NOTICE_HOURS = env.int("ORDER_CANCEL_NOTICE_HOURS", default=24)
# Until so many days after the pickup customers may ask for a refund themselves.
REFUND_REQUEST_DAYS = env.int("REFUND_REQUEST_DAYS", default=14)
# Carts that nobody touched, and what was done with carts, are kept for so many days.
CART_KEEP_DAYS = env.int("CART_KEEP_DAYS", default=90)
