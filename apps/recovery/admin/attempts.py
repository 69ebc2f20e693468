"""Reminders of carts in the console: the list, the funnel, and what holds."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.recovery import selectors, services
from apps.recovery.admin.forms import PolicyForm, RuleForm
from apps.recovery.admin.funnel import REASONS, csv_of, funnel_context, window
from apps.recovery.models import RecoveryAttempt
from apps.recovery.selectors import represent
from apps.recovery.services.rules import STEPS
from bakery.edge.console import actor_of
from bakery.edge.keyset_list import KeysetChangeList
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError

MANAGE = "recovery.manage_recovery"
_FLAG = {"withheld": "bad", "failed": "bad", "held_out": "draft", "planned": "draft"}


@admin.register(RecoveryAttempt)
class AttemptAdmin(ReadOnlyAdmin):
    """What was planned, for which cart, and what came of it; not for whom."""

    list_display = ("planned", "cart", "step", "channel", "state", "clicked", "came_back")
    list_display_links = None
    # Neither who it was nor the code that they got.
    fields = (
        *("cart_id", "step", "rule", "arm", "channel", "touched_at", "planned_at", "clicked_at"),
        *("restored_at", "order", "recovered_at", "revenue"),
    )
    list_filter = ("step", "arm", "channel", "planned_at")
    search_fields = ("=cart_id", "=order__number")
    search_help_text = "The id of a cart or the number of an order, in full"
    ordering = ("-pk",)
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/recovery/attempt_list.html"
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Page by key."""
        return KeysetChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read messages and orders with the attempts."""
        return selectors.listed_attempts()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the list."""
        return super().changelist_view(
            request,
            {
                "title": "Reminders of carts",
                "may_manage": request.user.has_perm(MANAGE),
                **(extra_context or {}),
            },
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the funnel and the forms."""
        wrap = self.admin_site.admin_view
        return [
            path("funnel/", wrap(self.funnel), name="recovery_funnel"),
            path("rules/", wrap(self.rules), name="recovery_rules"),
            path("rules/policy/", wrap(self.policy), name="recovery_policy"),
            path("rules/<int:step>/", wrap(self.rule), name="recovery_rule"),
            *super().get_urls(),
        ]

    @admin.display(description="planned")
    def planned(self, row: RecoveryAttempt) -> str:
        """Show the shop's time."""
        return _when(row.planned_at)

    @admin.display(description="cart")
    def cart(self, row: RecoveryAttempt) -> str:
        """Show the beginning of its id."""
        return str(row.cart_id)[:8]

    @admin.display(description="state")
    def state(self, row: RecoveryAttempt) -> SafeString:
        """Show what became of the message, and why it was not sent."""
        found = represent(row)
        words = found.state.replace("_", " ")
        if found.reason:
            words = f"{words}: {REASONS.get(found.reason, found.reason)}"
        kind = _FLAG.get(found.state, "published")
        return format_html('<span class="flag flag-{}">{}</span>', kind, words)

    @admin.display(description="link opened")
    def clicked(self, row: RecoveryAttempt) -> str:
        """Show when."""
        return _when(row.clicked_at) if row.clicked_at else "-"

    @admin.display(description="came back")
    def came_back(self, row: RecoveryAttempt) -> SafeString | str:
        """Link to the order."""
        if row.order is None:
            return "-"
        address = reverse("admin:orders_order_change", args=[row.order_id])
        revenue = money.display(row.revenue or 0, row.currency)  # type: ignore[arg-type]
        return format_html('<a href="{}">{}</a>, {}', address, row.order.number, revenue)

    def funnel(self, request: HttpRequest) -> HttpResponse:
        """Show, or download, how far reminders came, beside who got none."""
        self._require(request, "recovery.view_recoveryattempt")
        at = clock.now()
        days, since = window(request, at)
        found = selectors.funnel(since=since, until=at + timedelta(seconds=1), at=at)
        if request.GET.get("format") == "csv":
            return csv_of(found, days)
        return self._page(
            request,
            "funnel",
            "Carts that came back",
            may_manage=request.user.has_perm(MANAGE),
            **funnel_context(found, days=days, since=since, at=at),
        )

    def rules(self, request: HttpRequest) -> HttpResponse:
        """Show what holds and since when, and what held before."""
        self._require(request, "recovery.view_recoveryattempt")
        at = clock.now()
        held = selectors.current_rules(at=at)
        free = next((step for step in STEPS if step not in {rule.step for rule in held}), None)
        return self._page(
            request,
            "rules",
            "When carts are reminded of",
            policy=selectors.current_policy(at=at),
            rules=held,
            free=free,
            history=[(rule, _when(rule.valid_from)) for rule in selectors.history_of_rules()[:50]],
            may_manage=request.user.has_perm(MANAGE),
        )

    def policy(self, request: HttpRequest) -> HttpResponse:
        """Change the limits."""
        self._require(request, MANAGE)
        form = PolicyForm.of(selectors.current_policy(at=clock.now()), request.POST or None)
        return self._save(
            request,
            form,
            "Limits of reminders",
            lambda values: services.change_policy(
                values=values, actor=actor_of(request), at=clock.now()
            ),
        )

    def rule(self, request: HttpRequest, step: int) -> HttpResponse:
        """Change one reminder."""
        self._require(request, MANAGE)
        if step not in STEPS:
            raise Http404
        held = selectors.current_rules(at=clock.now())
        known = next((rule for rule in held if rule.step == step), None)
        form = RuleForm.of(known, request.POST or None)
        return self._save(
            request,
            form,
            f"Reminder {step}",
            lambda values: services.change_rule(
                step=step, values=values, actor=actor_of(request), at=clock.now()
            ),
        )

    def _save(self, request: HttpRequest, form: forms.Form, title: str, call: Any) -> HttpResponse:
        if request.method == "POST" and form.is_valid():
            try:
                call(form.cleaned_data)
            except DomainError as error:
                field = str(error.details.get("field", ""))
                form.add_error(field if field in form.fields else None, error.message)
            else:
                messages.success(request, "It holds from now on.")
                return HttpResponseRedirect(reverse("admin:recovery_rules"))
        context = self.page_context(request, title=title, form=form, button="Save")
        return render(request, "admin/plain_form.html", context)

    def _require(self, request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied

    def _page(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        found = self.page_context(request, title=title, **context)
        return render(request, f"admin/recovery/{name}.html", found)


def _when(moment: Any) -> str:
    local = moment.astimezone(clock.shop_zone())
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"
