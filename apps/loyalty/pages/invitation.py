"""Invitations: the page of one's own link, and the page behind it, which remembers who invited."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.loyalty import selectors, services
from apps.loyalty.rules.gift_codes import INVITATION_COOKIE, REFERRAL_LENGTH, read_code
from apps.loyalty.states import ReferralState
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.kernel import clock
from bakery.kernel.errors import DomainError
from bakery.kernel.links import public_url
from bakery.kernel.money import display

_MAX_AGE = 30 * 24 * 3600


@access.page(access.ANYONE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """Tell what the invitation gives, and keep its code; POST claims it for who is signed in."""
    bucket = rate_bucket(client_address(request))
    throttling.require("code_address", bucket)
    known = read_code(code, length=REFERRAL_LENGTH)
    if not known or not selectors.invitation_exists(known):
        raise Http404
    user = request.user
    if request.method == "POST" and user.is_authenticated and not user.is_staff:
        return _claim(request, known, bucket)
    worth = selectors.points_worth(settings.LOYALTY_REFERRED_POINTS)
    context = {
        "points": settings.LOYALTY_REFERRED_POINTS,
        "worth": display(worth, settings.SHOP_CURRENCY),
        "days": settings.LOYALTY_REFERRAL_DAYS,
        "may_claim": user.is_authenticated and not user.is_staff,
    }
    reply = render(request, "loyalty/invitation.html", context)
    reply.set_cookie(
        INVITATION_COOKIE,
        known,
        max_age=_MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return reply


@access.page(access.SIGNED_IN)
@require_safe
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Show the caller's own link to pass on."""
    if request.user.is_staff:
        return HttpResponseRedirect("/console/")
    code = services.referral_code(user_id=request.user.pk or 0, at=clock.now())
    worth = selectors.points_worth(settings.LOYALTY_REFERRED_POINTS)
    context = {
        "points": settings.LOYALTY_REFERRED_POINTS,
        "own_points": settings.LOYALTY_REFERRER_POINTS,
        "worth": display(worth, settings.SHOP_CURRENCY),
        "code": code,
        "link": public_url(f"/r/{code}/"),
    }
    return render(request, "loyalty/invite.html", context)


def _claim(request: HttpRequest, code: str, bucket: str) -> HttpResponse:
    try:
        throttling.require("code", f"referral:{request.user.pk}", bucket)
        referral = services.claim_referral(
            user_id=request.user.pk or 0, code=code, address=bucket, at=clock.now()
        )
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(request.path)
    if referral.state == ReferralState.PENDING:
        messages.success(request, "Thank you. The points come with your first order.")
    else:
        messages.info(request, "Thank you. Somebody of us looks at this invitation first.")
    return HttpResponseRedirect("/shop/")
