"""What customers text to the shop's number while they wait for an order."""

from datetime import datetime

from apps.notifications import selectors as messages
from apps.notifications import services as notifications
from apps.notifications.states import AlertKind
from apps.orders.models import Order
from apps.orders.selectors.customers import AHEAD
from bakery.kernel.clock import shop_date
from bakery.kernel.logs import fingerprint

_PATH = "/console/notifications/inboundtext/"
_LONGEST = 120


def tell_of_text(*, inbound_id: int, at: datetime) -> bool:
    """Alert the shop of a text from somebody with an open order, once a number and day.

    Returns whether there is such an order. Other texts wait in the console's list.
    """
    text = messages.inbound_text(inbound_id)
    if text is None:
        return False
    mine = Order.objects.filter(customer_phone=text.sender, status__in=AHEAD)
    number = mine.order_by("pickup_starts_at", "pk").values_list("number", flat=True).first()
    if number is None:
        return False
    notifications.raise_alert(
        key=f"text:{fingerprint(text.sender)}:{shop_date(at)}",
        text=f"A customer texted about order {number}: {text.body[:_LONGEST]}",
        kind=AlertKind.SHOP,
        path=_PATH,
        at=at,
    )
    return True
