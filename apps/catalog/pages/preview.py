"""A product as the shop would show it, for staff alone: drafts before anybody can buy them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.catalog import selectors
from apps.catalog.pages.shop import product_context
from bakery.edge import access

_LARGEST_ID = 2**63


@access.page(access.staff("catalog.view_product"))
@require_safe
def preview(request: HttpRequest, product_id: int) -> HttpResponse:
    """Show the page with a note on top and nothing to buy; neither kept nor indexed by anybody."""
    found = selectors.product_in_preview(product_id) if product_id < _LARGEST_ID else None
    if found is None:
        raise Http404
    context = {**product_context(found), "preview": True}
    response = render(request, "catalog/product.html", context)
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
