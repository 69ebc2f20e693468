"""Points of customers in the console."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from apps.accounts.models import User
from apps.loyalty import selectors, services
from apps.loyalty.admin.bank_forms import AdjustForm, GiveForm
from apps.loyalty.admin.bank_pages import bank_page, last_day_text, money
from apps.loyalty.admin.pages import attempt_form, require
from apps.loyalty.models import PointsAccount
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock

_SHOWN = 200


@admin.register(PointsAccount)
class PointsAccountAdmin(ReadOnlyAdmin):
    """Accounts of points: find a customer, see every lot and move, give and take."""

    change_list_template = "admin/loyalty/bank/accounts.html"
    list_display = ("user", "balance", "held", "debt")
    ordering = ("-balance", "pk")
    search_fields = ("user__email", "user__full_name")
    search_help_text = "A customer's mailbox or name."

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return accounts with owners and what orders hold."""
        return selectors.account_rows()

    @admin.display(description="held by orders", ordering="held")
    def held(self, account: Any) -> int:
        """Show what waits for payment."""
        return int(account.held)

    def get_urls(self) -> list[URLPattern]:
        """Add the form that gives and takes."""
        wrap = self.admin_site.admin_view
        return [
            path("give/", wrap(self.give), name="loyalty_pointsaccount_give"),
            path("<int:pk>/adjust/", wrap(self.adjust), name="loyalty_pointsaccount_adjust"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show an account: figures, lots, ledger."""
        require(request, "loyalty.view_pointsaccount")
        account = self.get_object(request, object_id)
        if account is None:
            raise Http404
        at = clock.now()
        moves = selectors.history_of(account.pk)
        balance = selectors.points_balance(account.pk, at=at)
        lots = selectors.lots_of(account.pk)[:_SHOWN]
        return bank_page(
            request,
            self,
            "account",
            f"Points of {account.user}",
            account=account,
            balance=balance,
            worth=money(balance.worth),
            code_figures=selectors.referrals_of(account.pk),
            lots=[(lot, last_day_text(lot.expires_at), lot.expires_at <= at) for lot in lots],
            moves=moves.select_related("lot")[:_SHOWN],
            total=moves.count(),
            credit=selectors.store_credit(account.pk, at=at),
            may_adjust=request.user.has_perm("loyalty.adjust_points"),
        )

    def give(self, request: HttpRequest) -> HttpResponse:
        """Give points to a customer who is found by mailbox."""
        require(request, "loyalty.adjust_points")
        form = GiveForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            mailbox = form.cleaned_data.pop("account").lower()
            owner = User.objects.filter(email=mailbox, is_active=True).first()
            if owner is None:
                form.add_error("account", "There is no account with this mailbox.")
            elif (reply := self._adjust(request, form, owner.pk)) is not None:
                return reply
        return bank_page(
            request, self, "form", "Give points", form=form, button="Give",
            intro="They end as earned ones do. What the customer owes is paid from them first.",
        )  # fmt: skip

    def adjust(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give or take points with a reason."""
        require(request, "loyalty.adjust_points")
        account = selectors.account_of(pk)
        if account is None:
            raise Http404
        form = AdjustForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reply = self._adjust(request, form, pk)
            if reply is not None:
                return reply
        intro = f"{account.user} has {account.balance} points."
        return bank_page(
            request, self, "form", "Adjust points", form=form, intro=intro, button="Adjust"
        )

    def _adjust(
        self, request: HttpRequest, form: AdjustForm, user_id: int
    ) -> HttpResponseRedirect | None:
        done = attempt_form(
            form,
            lambda: services.adjust_points(
                user_id=user_id, **form.cleaned_data, actor=actor_of(request), at=clock.now()
            ),
        )
        if done is None:
            return None
        messages.success(request, f"{form.cleaned_data['points']:+d} points.")
        return HttpResponseRedirect(reverse("admin:loyalty_pointsaccount_change", args=[user_id]))
