"""The kitchen's board: a frame that its script fills."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from apps.notifications import selectors as messages
from apps.notifications.states import AlertKind
from apps.orders import selectors
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

# Where the script puts an order's public id.
_PLACE = UUID(int=0)


@access.page(access.staff("orders.work_board"))
@never_cache
@ensure_csrf_cookie
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the board; everything on it comes over the socket or the staff API.

    ``?station=`` chooses a station by its number, 0 for what none makes; the script reads it.
    """
    hand = reverse("board-order", args=[_PLACE]).replace(str(_PLACE), "ORDER")
    context = {
        "socket_url": f"{settings.LIVE_BASE_URL.rstrip('/')}/ws/board/",
        "alarm_seconds": int(messages.alarm_after(AlertKind.CAKE, at=clock.now()).total_seconds()),
        "shop_zone": settings.SHOP_TIME_ZONE,
        "may_operate": request.user.has_perm("orders.operate_order"),
        "worker": f"user:{request.user.pk}",
        "may_print": request.user.has_perm("orders.print_tickets"),
        "print_url": f"{reverse('ticket-preview')}?order=ORDER",
        "hand_url": hand,
    }
    return render(request, "orders/board.html", context)


@access.page(access.staff("orders.operate_order"))
@require_safe
def board_order(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Go to the console's page on which an order is handed over."""
    try:
        order_id = selectors.order_id_of(public_id)
    except NotFound as error:
        raise Http404 from error
    return HttpResponseRedirect(reverse("admin:orders_handover_out", args=[order_id]))
