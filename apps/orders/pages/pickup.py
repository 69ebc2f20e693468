"""The code by which a customer is given an order, as a picture that the counter scans."""

import io
from uuid import UUID

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.orders import selectors
from apps.orders.rules.handing import has_pickup_code, scan_text
from bakery.edge import access
from bakery.kernel.links import public_url


@access.page(access.ANYONE)
@require_safe
@never_cache
def pickup_picture(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the QR code of an order that is paid and not handed out: to who may see the order.

    It says the address of the page at which staff hand it out, which lets in nobody else.
    """
    user_id = request.user.pk if request.user.is_authenticated else None
    order = selectors.order_by_public_id(public_id, user_id=user_id)
    if not has_pickup_code(order.status, order.fulfilment, order.pickup_code):
        raise Http404
    page = public_url(reverse("admin:orders_handover_find"))
    code = segno.make(f"{page}?q={scan_text(order.number, order.pickup_code)}", error="m")
    picture = io.BytesIO()
    code.save(picture, kind="svg", scale=5, border=4, light="#fff", xmldecl=False)
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")
