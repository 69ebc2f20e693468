"""Gift cards in the console."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from apps.accounts.models import User
from apps.loyalty import selectors, services
from apps.loyalty.admin.bank_forms import IssueForm, ReasonForm
from apps.loyalty.admin.bank_pages import bank_page, flag, last_day_text, money
from apps.loyalty.admin.pages import attempt_form, require
from apps.loyalty.models import GiftCard
from apps.loyalty.states import CardState
from bakery.edge.access import recent_second_factor
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock

_SHOWN = 200


@admin.register(GiftCard)
class GiftCardAdmin(ReadOnlyAdmin):
    """Gift cards and store credit: issue, look up, block."""

    change_list_template = "admin/loyalty/bank/gift_cards.html"
    list_display = (
        "label", "left", "issued", "shown_state", "owner", "last_day", "sales", "issued_at",
        "issued_by",
    )  # fmt: skip
    list_filter = ("state", "issued_at")
    search_fields = ("=last4", "user__email", "recipient_email", "note")
    search_help_text = "The last four characters, a mailbox, or words of the reason."

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return cards with owners and number of sales."""
        return selectors.card_rows()

    @admin.display(description="card", ordering="last4")
    def label(self, card: GiftCard) -> str:
        """Show the last characters."""
        return str(card)

    @admin.display(description="left", ordering="balance")
    def left(self, card: GiftCard) -> str:
        """Show what is free."""
        return money(card.balance, card.currency)

    @admin.display(description="issued for", ordering="initial")
    def issued(self, card: GiftCard) -> str:
        """Show the first amount."""
        return money(card.initial, card.currency)

    @admin.display(description="state", ordering="state")
    def shown_state(self, card: GiftCard) -> str:
        """Show whether it pays."""
        return flag(card.state, CardState(card.state).label)

    @admin.display(description="only for")
    def owner(self, card: GiftCard) -> str:
        """Show whose store credit it is."""
        return str(card.user) if card.user else ""

    @admin.display(description="last day", ordering="expires_at")
    def last_day(self, card: GiftCard) -> str:
        """Show when it ends."""
        return last_day_text(card.expires_at)

    @admin.display(description="sales", ordering="sales")
    def sales(self, card: Any) -> int:
        """Show how many sales used it."""
        return int(card.sales)

    def get_urls(self) -> list[URLPattern]:
        """Add issuing and blocking."""
        wrap = self.admin_site.admin_view
        return [
            path("issue/", wrap(self.issue), name="loyalty_giftcard_issue"),
            *(
                path(
                    f"<int:pk>/{button}/",
                    wrap(self.move),
                    {"button": button},
                    name=f"loyalty_giftcard_{button}",
                )
                for button in ("block", "unblock")
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a card and its ledger."""
        require(request, "loyalty.view_giftcard")
        card = self.get_object(request, object_id)
        if card is None:
            raise Http404
        moves = card.moves.select_related("use")
        return bank_page(
            request,
            self,
            "gift_card",
            f"Gift card {card}",
            card=card,
            state=flag(card.state, CardState(card.state).label),
            left=money(card.balance, card.currency),
            issued=money(card.initial, card.currency),
            last_day=last_day_text(card.expires_at),
            moves=[(move, money(move.delta, card.currency)) for move in moves[:_SHOWN]],
            total=moves.count(),
            may_block=request.user.has_perm("loyalty.block_gift_card"),
        )

    @recent_second_factor()
    def issue(self, request: HttpRequest) -> HttpResponse:
        """Issue a card; its code is shown on the next page and nowhere again."""
        require(request, "loyalty.issue_gift_card")
        form = IssueForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            card = attempt_form(form, lambda: self._issue(request, form))
            if card is not None:
                return bank_page(
                    request,
                    self,
                    "issued",
                    f"Gift card {card}",
                    card=card,
                    code=services.code_of(card=card),
                    amount=money(card.initial, card.currency),
                    last_day=last_day_text(card.expires_at),
                )
        return bank_page(
            request, self, "form", "Issue a gift card", form=form, button="Issue",
            intro="Whoever has the code can spend it. Issuing is recorded in the audit trail.",
        )  # fmt: skip

    def _issue(self, request: HttpRequest, form: IssueForm) -> GiftCard | None:
        given = dict(form.cleaned_data)
        mailbox, last_day = given.pop("account"), given.pop("expires_on")
        owner = User.objects.filter(email=mailbox.lower(), is_active=True).first()
        if mailbox and owner is None:
            form.add_error("account", "There is no account with this mailbox.")
            return None
        return services.issue_gift_card(
            **given,
            user_id=owner.pk if owner else None,
            expires_at=services.end_of_card(last_day=last_day),
            actor=actor_of(request),
            at=clock.now(),
        )

    def move(self, request: HttpRequest, pk: int, button: str) -> HttpResponse:
        """Block a card or free it, with a reason."""
        require(request, "loyalty.block_gift_card")
        buttons: dict[str, tuple[str, Any]] = {
            "block": ("Block", services.block_gift_card),
            "unblock": ("Free", services.unblock_gift_card),
        }
        card = selectors.card_of(pk)
        if card is None:
            raise Http404
        label, service = buttons[button]
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            done = attempt_form(
                form,
                lambda: service(
                    card_id=pk, **form.cleaned_data, actor=actor_of(request), at=clock.now()
                ),
            )
            if done is not None:
                messages.success(request, f"{label}: done for {card}.")
                return HttpResponseRedirect(reverse("admin:loyalty_giftcard_change", args=[pk]))
        title = f"{label} gift card {card}"
        return bank_page(request, self, "form", title, form=form, button=label)
