"""Where Stripe, the orders and the books do not agree, and the comparisons, in the console."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from apps.books import services
from apps.books.models import Difference, Reconciliation
from apps.books.rules.differences import WORDS, DifferenceKind
from apps.books.states import DifferenceState
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError

_FLAGS = {"open": "flag-bad", "explained": "flag-draft", "gone": "flag-published"}
_FIRST = ("order", "what", "stripe", "ours", "books", "should be", "payment", "sale", "documents")
_EXPLAIN = "books.explain_difference"


def _when(moment: datetime | None) -> str:
    """Return a moment in the shop's time, "" for none."""
    return f"{moment.astimezone(clock.shop_zone()):%Y-%m-%d %H:%M}" if moment else ""


class OpenFilter(admin.SimpleListFilter):
    """What is open, unless something else is asked for."""

    title = "state"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer all states."""
        return [("all", "All"), ("explained", "Explained"), ("gone", "Gone")]

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Open"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow by state."""
        if self.value() == "all":
            return queryset
        state = self.value() if self.value() in DifferenceState.values else DifferenceState.OPEN
        return queryset.filter(state=state)


class KindFilter(admin.SimpleListFilter):
    """One kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the kinds that there are."""
        found = set(Difference.objects.order_by().values_list("kind", flat=True).distinct())
        return [(kind.value, capfirst(kind.label)) for kind in DifferenceKind if kind in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow by kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class AgeFilter(admin.SimpleListFilter):
    """For how long it has been there."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer spans."""
        return [("1", "Over a day"), ("7", "Over a week"), ("30", "Over a month")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow to what is older."""
        days = self.value()
        if days not in {"1", "7", "30"}:
            return queryset
        return queryset.filter(found_at__lte=clock.now() - timedelta(days=int(days)))


class ExplainForm(forms.Form):
    """Why it is right as it is."""

    text = forms.CharField(
        label="Why it is right as it is",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    """What does not agree. It changes by the buttons on its page, and by comparing again."""

    list_display = ("what", "about", "shown_amount", "shown_state", "age", "owned_by")
    list_filter = (OpenFilter, KindFilter, AgeFilter)
    list_select_related = ("order", "owner")
    search_fields = ("key", "order__number")
    search_help_text = "Number of an order, or the name of what differs, such as payment:5."
    ordering = ("-found_at", "-pk")
    change_list_template = "admin/books/difference_list.html"
    actions = None

    @admin.display(description="what", ordering="kind")
    def what(self, row: Difference) -> str:
        """Name the kind."""
        return _label(row)

    @admin.display(description="about")
    def about(self, row: Difference) -> str:
        """Name the order or the thing."""
        return f"Order {row.order.number}" if row.order else row.key

    @admin.display(description="amount", ordering="amount")
    def shown_amount(self, row: Difference) -> str:
        """Show the amount as people write it."""
        return _amount(row)

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: Difference) -> SafeString:
        """Show what became of it."""
        return _flag(row)

    @admin.display(description="since", ordering="found_at")
    def age(self, row: Difference) -> str:
        """Say for how long it has been there."""
        return _age(row, clock.now())

    @admin.display(description="looked after by", ordering="owner")
    def owned_by(self, row: Difference) -> str:
        """Name the owner."""
        return str(row.owner) if row.owner else "nobody"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show with the list when everything was compared last; compare again on a POST of ours."""
        if request.method == "POST" and "compare" in request.POST:
            return self._compare(request)
        last = Reconciliation.objects.order_by("-started_at").first()
        context = {
            "title": "Differences",
            "last_run": last,
            "last_at": _when(last.started_at) if last else "",
            "may_compare": request.user.has_perm(_EXPLAIN),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show all about one difference; its buttons come back here."""
        row = self.row_to_show(request, object_id, takes_posts=True)
        form = ExplainForm(initial={"text": row.explanation})
        if request.method == "POST":
            if not request.user.has_perm(_EXPLAIN):
                raise PermissionDenied
            if "explain" in request.POST:
                form = ExplainForm(request.POST)
            if self._act(request, row, form):
                return HttpResponseRedirect(request.path)
        return render(request, "admin/books/difference.html", self._context(request, row, form))

    def _act(self, request: HttpRequest, row: Difference, form: ExplainForm) -> bool:
        """Do what a button asks for; return whether it was done or need not be asked again."""
        at, by = clock.now(), actor_of(request)
        try:
            if "explain" in request.POST:
                if not form.is_valid():
                    return False
                text = form.cleaned_data["text"]
                services.explain_difference(difference_id=row.pk, text=text, actor=by, at=at)
                messages.success(request, "Explained.")
            elif "recheck" in request.POST:
                services.recheck_difference(difference_id=row.pk, at=at, by=by)
                row.refresh_from_db()
                state = DifferenceState(row.state)
                messages.success(request, f"Checked again: it is {state.label}.")
            else:
                mine = None if "disown" in request.POST else request.user.pk
                services.own_difference(difference_id=row.pk, user_id=mine, actor=by, at=at)
                messages.success(request, "It is yours." if mine else "It is nobody's.")
        except DomainError as error:
            messages.error(request, error.message)
        return True

    def _compare(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(_EXPLAIN):
            raise PermissionDenied
        at = clock.now()
        today = clock.shop_date(at)
        run = services.reconcile(
            first_day=today - services.LOOK_BACK,
            last_day=today,
            at=at,
            started_by=actor_of(request),
        )
        say = messages.warning if run.found or run.problem else messages.success
        text = f"{run.found} differences, {run.new} new, {run.gone} gone. {run.problem}"
        say(request, text if run.found or run.gone or run.problem else "Everything agrees.")
        return HttpResponseRedirect(request.path)

    def _context(self, request: HttpRequest, row: Difference, form: ExplainForm) -> dict[str, Any]:
        return {
            **self.page_context(request),
            "title": f"{_label(row)}: {self.about(row)}",
            "row": row,
            "flag": _flag(row),
            "words": WORDS.get(row.kind),
            "amount": _amount(row),
            "age": _age(row, clock.now()),
            "found_at": _when(row.found_at),
            "seen_at": _when(row.seen_at),
            "about_at": _when(row.about_at),
            "explained_at": _when(row.explained_at),
            "facts": sorted(row.facts.items(), key=_place),
            "form": form,
            "may_act": request.user.has_perm(_EXPLAIN),
            "is_mine": row.owner_id == request.user.pk,
            "links": _links(row),
        }


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """When Stripe, the orders and the books were compared, and what came of it."""

    list_display = ("started_at", "days", "compared", "found", "new", "gone", "problem",
                    "started_by")  # fmt: skip
    ordering = ("-started_at",)
    actions = None

    @admin.display(description="of Stripe's time")
    def days(self, row: Reconciliation) -> str:
        """Say which time was compared."""
        return f"{_when(row.since)} to {_when(row.until)}"


def _place(fact: tuple[str, str]) -> int:
    """Return where a fact stands on the page: what each side says comes first."""
    name = fact[0]
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _label(row: Difference) -> str:
    known = row.kind in DifferenceKind.values
    return capfirst(DifferenceKind(row.kind).label) if known else row.kind


def _amount(row: Difference) -> str:
    if row.amount is None:
        return ""
    return money.display(row.amount, row.currency) if row.currency else str(row.amount)


def _flag(row: Difference) -> SafeString:
    label = DifferenceState(row.state).label
    return format_html('<span class="flag {}">{}</span>', _FLAGS[row.state], label)


def _age(row: Difference, at: datetime) -> str:
    """Return how long it was there, until it was gone."""
    days = ((row.gone_at or at) - row.found_at).days
    return "today" if days < 1 else "1 day" if days == 1 else f"{days} days"


def _links(row: Difference) -> list[tuple[str, str]]:
    """Return where to look: the order, and our own record of it."""
    links = []
    if row.order_id:
        links.append(("Order", reverse("admin:orders_order_change", args=[row.order_id])))
    kind, _, key = row.key.partition(":")
    pages = {"payment": "payments_payment", "refund-request": "payments_refundrequest",
             "dispute": "payments_dispute"}  # fmt: skip
    if kind in pages and key.isdecimal() and row.kind != DifferenceKind.BALANCE_DIFFERS:
        links.append((kind.replace("-", " ").capitalize(),
                      reverse(f"admin:{pages[kind]}_change", args=[int(key)])))  # fmt: skip
    return links
