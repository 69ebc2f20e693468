"""Coupons in the console: codes that staff choose, batches as a file, the switch."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from apps.loyalty import services
from apps.loyalty.admin.pages import attempt, attempt_form, page, require, uses_text
from apps.loyalty.admin.promotion_forms import BatchForm, CouponForm
from apps.loyalty.models import Coupon, Promotion
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.edge.spreadsheets import csv_reply
from bakery.kernel import clock

_SEE, _ADD, _CHANGE = (f"loyalty.{verb}_coupon" for verb in ("view", "add", "change"))
_HEADER = ("code", "promotion", "uses", "limit", "batch", "active")


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin):
    """All codes."""

    list_display = ("code", "promotion", "uses", "for_whom", "batch", "is_active", "created_at")
    list_display_links = None
    list_select_related = ("promotion", "user")
    list_filter = ("is_active",)
    search_fields = ("code", "batch", "promotion__name")
    search_help_text = "A code, a batch or the name of a promotion."

    @admin.display(description="uses", ordering="used")
    def uses(self, row: Coupon) -> str:
        """Say how often it is used."""
        return uses_text(row.used, row.max_uses)

    @admin.display(description="for")
    def for_whom(self, row: Coupon) -> str:
        """Say whether it is somebody's."""
        if row.user_id is not None:
            return f"account {row.user_id}"
        return "one mailbox" if row.mailbox else "anybody"

    def get_urls(self) -> list[URLPattern]:
        """Add the pages, which begin at a promotion."""
        wrap, of = self.admin_site.admin_view, "of/<int:promotion_id>/"
        switch = wrap(require_POST(self.switch))
        return [
            path(f"{of}add/", wrap(self.add_one), name="loyalty_coupon_one"),
            path(f"{of}batch/", wrap(self.add_batch), name="loyalty_coupon_batch"),
            path(f"{of}csv/", wrap(self.download), name="loyalty_coupon_csv"),
            path("<int:pk>/switch/", switch, name="loyalty_coupon_switch"),
            *super().get_urls(),
        ]

    def add_one(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        """Take a code."""
        require(request, _ADD)
        promotion, form = _promotion(promotion_id), CouponForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            made = attempt_form(
                form,
                lambda: services.add_coupon(
                    promotion_id=promotion_id,
                    **form.cleaned_data,
                    actor=actor_of(request),
                    at=clock.now(),
                ),
            )
            if made is not None:
                attempt(request, lambda: made, f"{made.code} can be used.")
                return HttpResponseRedirect(_of(promotion_id))
        return page(request, self, "code", f"Add a code to {promotion}", form=form, row=promotion)

    def add_batch(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        """Make codes at random, and give them as a file."""
        require(request, _ADD)
        promotion, form = _promotion(promotion_id), BatchForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            made = attempt_form(
                form,
                lambda: services.make_coupons(
                    promotion_id=promotion_id,
                    **form.cleaned_data,
                    actor=actor_of(request),
                    at=clock.now(),
                ),
            )
            if made is not None:
                return csv_reply(f"coupons-{promotion_id}.csv", _HEADER, map(_row, made))
        title = f"Make codes for {promotion}"
        return page(request, self, "code", title, form=form, row=promotion, is_batch=True)

    def download(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        """Give all codes of a promotion as a file."""
        require(request, _SEE)
        promotion = _promotion(promotion_id)
        rows = Coupon.objects.filter(promotion=promotion).select_related("promotion")
        return csv_reply(f"coupons-{promotion_id}.csv", _HEADER, map(_row, rows))

    def switch(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Switch a code on or off."""
        require(request, _CHANGE)
        is_active = request.POST.get("is_active") == "1"
        made = attempt(
            request,
            lambda: services.switch_coupon(
                coupon_id=pk, is_active=is_active, actor=actor_of(request), at=clock.now()
            ),
            "The code can be used." if is_active else "The code is switched off.",
        )
        if made is None:
            return HttpResponseRedirect(reverse("admin:loyalty_coupon_changelist"))
        return HttpResponseRedirect(_of(made.promotion_id))


def _promotion(promotion_id: int) -> Promotion:
    row = Promotion.objects.filter(pk=promotion_id).first()
    if row is None:
        raise Http404
    return row


def _row(coupon: Coupon) -> list[Any]:
    limit = coupon.max_uses if coupon.max_uses is not None else ""
    active = "yes" if coupon.is_active else "no"
    return [coupon.code, coupon.promotion.name, coupon.used, limit, coupon.batch, active]


def _of(promotion_id: int) -> str:
    return reverse("admin:loyalty_promotion_change", args=[promotion_id])
