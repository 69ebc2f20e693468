"""Disputes and warnings of fraud in the console: what has to be answered first."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.orders import selectors as orders
from apps.payments.admin import dispute_moves
from apps.payments.admin.base import PaymentsAdmin
from apps.payments.admin.showing import order_link, text, when
from apps.payments.models import Dispute, EvidenceArchive, FraudWarning
from apps.payments.rules.disputes import ANSWER_FIELDS, reason_words, time_left
from apps.payments.selectors.disputes import by_date, console_disputes, unanswered_count
from apps.payments.states import UNANSWERED_DISPUTES, DisputeStatus
from bakery.kernel import clock

_FLAGS = {
    "needs_response": "flag-bad",
    "warning_needs_response": "flag-warn",
    "under_review": "flag-draft",
    "warning_under_review": "flag-draft",
    "won": "flag-published",
    "lost": "flag-bad",
}
_LEVELS = {"late": "flag-bad", "urgent": "flag-bad", "soon": "flag-warn", "calm": "flag-draft"}
_PAGES: tuple[tuple[str, str, Callable[..., HttpResponse]], ...] = (
    ("answer", "answer/", dispute_moves.answer_page),
    ("accept", "accept/", dispute_moves.accept_page),
    ("pack", "evidence.zip", dispute_moves.pack_page),
    ("verify", "verify/", dispute_moves.verify_page),
)


def flag(dispute: Dispute) -> SafeString:
    """Return where a dispute is, as a coloured word."""
    name = _FLAGS.get(dispute.status, "flag-archived")
    return format_html('<span class="flag {}">{}</span>', name, dispute.get_status_display())


def countdown(dispute: Dispute) -> SafeString | str:
    """Return how long there is to answer, in words and a colour; "-" when nothing has to be."""
    if dispute.status not in UNANSWERED_DISPUTES or dispute.due_by is None:
        return "-"
    words, level = time_left(dispute.due_by, at=clock.now())
    return format_html('<span class="flag {}">{}</span>', _LEVELS[level], words)


@admin.register(Dispute)
class DisputeAdmin(PaymentsAdmin):
    """Payments that banks take back. They change by what Stripe says, and by the buttons."""

    list_display = ("opened", "state", "left", "due", "order_number", "price", "why", "kept")
    list_filter = ("status", "reason", "opened_at")
    search_fields = ("order__number", "stripe_id", "order__customer_email")
    search_help_text = "Number of the order, mail address, or Stripe's id of the dispute."
    sortable_by = ("opened", "price")
    change_list_template = "admin/payments/dispute_list.html"
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        """Read the columns of the list in one query, the most urgent first."""
        return by_date(console_disputes())

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Keep the order of the rows as they are read."""
        return ("rank", "due_by", "-opened_at", "-pk")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show with the list how many wait for an answer."""
        context = {
            "title": "Disputes",
            "to_answer": unanswered_count(),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @admin.display(description="opened", ordering="opened_at")
    def opened(self, row: Dispute) -> str:
        """Show the shop's time."""
        return when(row.opened_at)

    @admin.display(description="state")
    def state(self, row: Dispute) -> SafeString:
        """Show where it is."""
        return flag(row)

    @admin.display(description="time left")
    def left(self, row: Dispute) -> SafeString | str:
        """Show how long there is to answer."""
        return countdown(row)

    @admin.display(description="answer before")
    def due(self, row: Dispute) -> str:
        """Show the date."""
        return when(row.due_by) or "-"

    @admin.display(description="amount", ordering="amount")
    def price(self, row: Dispute) -> str:
        """Show the amount as people write it."""
        return text(row.amount, row.currency)

    @admin.display(description="because")
    def why(self, row: Dispute) -> str:
        """Show the reason in words."""
        return reason_words(row.reason)

    @admin.display(description="evidence", boolean=True)
    def kept(self, row: Any) -> bool:
        """Show whether the evidence is frozen."""
        return bool(row.frozen)

    def get_urls(self) -> list[URLPattern]:
        """Add what is done with a dispute."""
        own = []
        for name, route, view in _PAGES:
            guarded: Any = self.admin_site.admin_view(self._page(view))
            guarded.model_admin = self  # says that the console guards it
            own.append(path(f"<int:dispute_id>/{route}", guarded, name=f"payments_dispute_{name}"))
        return [*own, *super().get_urls()]

    def _page(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def page(request: HttpRequest, dispute_id: int) -> HttpResponse:
            return view(request, self.page_context(request), dispute_id)

        return page

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show everything about one dispute, and what may be done with it now."""
        row = self.row_to_show(request, object_id)
        moves = list(row.transitions.all())
        names = orders.names_of([row.submitted_by, *(move.actor for move in moves)])
        context = {
            **self.page_context(request),
            **dispute_moves.heading(row),
            "title": f"Dispute over {text(row.amount, row.currency)}, order {row.order.number}",
            "flag": flag(row),
            "countdown": countdown(row),
            "opened": when(row.opened_at),
            "closed": when(row.closed_at),
            "submitted": when(row.submitted_at),
            "submitted_by": names.get(row.submitted_by, row.submitted_by),
            "moves": [
                (when(move.at), names.get(move.actor, move.actor), DisputeStatus(move.new).label)
                for move in moves
            ],
            "money": [
                (when(move.recorded_at), text(move.amount, move.currency),
                 text(move.fee, move.currency), move)
                for move in row.moves.order_by("pk")
            ],
            "answer": _answer(row) if row.submitted_at else [],
            "archive": EvidenceArchive.objects.filter(dispute=row).first(),
            "may_answer": request.user.has_perm(dispute_moves.PERMISSION),
        }  # fmt: skip
        return render(request, "admin/payments/dispute_page.html", context)


def _answer(dispute: Dispute) -> list[tuple[str, str]]:
    said = dispute.answer
    return [(field.label, said[field.name]) for field in ANSWER_FIELDS if field.name in said]


@admin.register(FraudWarning)
class FraudWarningAdmin(PaymentsAdmin):
    """Early warnings: a refund may keep each from becoming a dispute."""

    list_display = ("heard", "order_number", "price", "kind", "stripe_id")
    list_filter = ("fraud_type", "recorded_at")
    search_fields = ("payment__order__number", "stripe_id", "payment__payment_intent")
    list_select_related = ("payment__order",)
    ordering = ("-pk",)
    actions = None

    @admin.display(description="heard", ordering="recorded_at")
    def heard(self, row: FraudWarning) -> str:
        """Show the shop's time."""
        return when(row.recorded_at)

    @admin.display(description="order")
    def order_number(self, row: FraudWarning) -> SafeString:
        """Link to the order."""
        return order_link(row.payment.order)

    @admin.display(description="payment")
    def price(self, row: FraudWarning) -> str:
        """Show the payment's amount."""
        return text(row.payment.amount, row.payment.currency)

    @admin.display(description="what")
    def kind(self, row: FraudWarning) -> str:
        """Show the bank's word for it."""
        return row.fraud_type.replace("_", " ")
