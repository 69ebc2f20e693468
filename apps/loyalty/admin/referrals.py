"""Invitations in the console; what a rule held or refused is decided here."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from apps.loyalty import selectors, services
from apps.loyalty.admin.bank_forms import DecideForm
from apps.loyalty.admin.bank_pages import bank_page, flag
from apps.loyalty.admin.pages import attempt_form, require
from apps.loyalty.models import Referral, ReferralTransition
from apps.loyalty.rules.referrals import REASONS
from apps.loyalty.states import ReferralState
from bakery.edge.console import actor_of
from bakery.edge.readonly import HistoryInline, ReadOnlyAdmin
from bakery.kernel import clock

_OPEN = (ReferralState.PENDING, ReferralState.HELD, ReferralState.REFUSED)


class ReviewFilter(admin.SimpleListFilter):
    """What was held, unless something else is asked for."""

    title = "state"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer all states."""
        return [("all", "All"), *((str(key), str(label)) for key, label in ReferralState.choices)]

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "To review"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow by state."""
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or ReferralState.HELD)


class ReferralHistory(HistoryInline):
    """What became of it."""

    model = ReferralTransition


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin):
    """Who brought whom."""

    list_display = (
        "referrer", "referred", "shown_state", "why", "claimed_at", "rewarded_at", "to_do",
    )  # fmt: skip
    list_display_links = ("referred",)
    list_filter = (ReviewFilter, "claimed_at")
    search_fields = ("referrer__email", "referred__email", "=reference")
    fields = (
        *("referrer", "referred", "shown_state", "why", "referrer_points", "referred_points"),
        *("reference", "claimed_at", "rewarded_at", "to_do"),
    )
    readonly_fields = fields
    inlines = (ReferralHistory,)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return invitations with both accounts."""
        return selectors.referral_rows()

    @admin.display(description="state", ordering="state")
    def shown_state(self, referral: Referral) -> str:
        """Show where it is."""
        return flag(referral.state, ReferralState(referral.state).label)

    @admin.display(description="why")
    def why(self, referral: Referral) -> str:
        """Say what made it doubtful."""
        return REASONS.get(referral.reason, referral.reason)

    @admin.display(description="to do")
    def to_do(self, referral: Referral) -> str:
        """Lead to the decision."""
        if referral.state not in _OPEN:
            return ""
        address = reverse("admin:loyalty_referral_decide", args=[referral.pk])
        return format_html('<a class="button" href="{}">Decide</a>', address)

    def get_urls(self) -> list[URLPattern]:
        """Add the decision."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/decide/", wrap(self.decide), name="loyalty_referral_decide"),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let it count or refuse it, with a reason."""
        require(request, "loyalty.review_referral")
        referral = selectors.referral_rows().filter(pk=pk).first()
        if referral is None:
            raise Http404
        form = DecideForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            done = attempt_form(
                form,
                lambda: services.decide_referral(
                    referral_id=pk, **form.cleaned_data, actor=actor_of(request), at=clock.now()
                ),
            )
            if done is not None:
                messages.success(request, f"Decided: {ReferralState(done.state).label}.")
                return HttpResponseRedirect(reverse("admin:loyalty_referral_changelist"))
        why = REASONS.get(referral.reason, "Nothing spoke against it.")
        return bank_page(
            request,
            self,
            "form",
            f"{referral.referred}, invited by {referral.referrer}",
            form=form,
            intro=f"{ReferralState(referral.state).label.capitalize()}. {why}",
            button="Decide",
        )
