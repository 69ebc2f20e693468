"""The custom cakes of an account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.custom_cakes import selectors, services
from bakery.edge import access
from bakery.edge.shoppers import customer_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


@access.page(access.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """List an account's requests; a POST takes over those of its own mailbox."""
    user_id = customer_of(request)
    if user_id is None:
        return HttpResponseRedirect("/console/")
    email = str(request.user.email)  # type: ignore[union-attr]  # customers are signed in
    if request.method == "POST":
        try:
            count = services.claim_requests(user_id=user_id, email=email, at=clock.now())
            messages.success(request, f"{count} request{'' if count == 1 else 's'} came along.")
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("my-custom-cakes"), status=303)
    context = {
        "rows": selectors.requests_of(user_id, at=clock.now()),
        "claimable": selectors.guest_requests(email).filter(erased_at=None).count(),
    }
    return render(request, "custom_cakes/mine.html", context)
