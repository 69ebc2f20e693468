"""The kitchen's board: a frame that its script fills."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from bakery.edge import access


@access.page(access.staff("orders.work_board"))
@never_cache
@ensure_csrf_cookie
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the board; everything on it comes over the socket or the staff API."""
    context = {
        "socket_url": f"{settings.LIVE_BASE_URL.rstrip('/')}/ws/board/",
        "shop_zone": settings.SHOP_TIME_ZONE,
        "may_operate": request.user.has_perm("orders.operate_order"),
    }
    return render(request, "orders/board.html", context)
