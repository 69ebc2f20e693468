"""The shop's calendar in the console: weeks, months, opening hours, holidays and blackouts."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.inventory import services
from apps.inventory.admin import calendar_forms as forms
from apps.inventory.models import Blackout, WeekPlan
from apps.inventory.rules.hours import check_day, check_days
from apps.inventory.selectors.bookings import (
    Booking,
    Closure,
    bookings_in_blackout,
    bookings_of,
    bookings_outside,
)
from apps.inventory.selectors.calendar import closures, week_plans
from apps.inventory.selectors.planner import planned_days
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_SEE, _CHANGE = "inventory.view_slot", "inventory.change_slot"
_DAYS_OF_WEEK, _WEEKS_OF_MONTH = 7, 6


@admin.register(WeekPlan)
class CalendarAdmin(ReadOnlyAdmin):
    """The calendar's pages, in the place of a list of plans."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to whoever sees pickup times."""
        return bool(request.user.has_perm(_SEE))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show it to whoever sees pickup times."""
        return bool(request.user.has_perm(_SEE))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        pages: dict[str, Callable[..., HttpResponse]] = {
            "month": self.month,
            "hours": self.hours,
            "special": self.special,
            "blackout": self.blackout,
        }
        named = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"inventory_calendar_{name}")
            for name, view in pages.items()
        ]
        lift = self.admin_site.admin_view(require_POST(self.lift))
        toggle = self.admin_site.admin_view(require_POST(self.toggle))
        return [
            *named,
            path("lift/<str:kind>/<int:pk>/", lift, name="inventory_calendar_lift"),
            path("toggle/<int:pk>/", toggle, name="inventory_calendar_toggle"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a week with its pickup times, and the closures that are in force."""
        self._require(request, _SEE)
        today = clock.shop_date(clock.now())
        day = _day_of(request.GET.get("day", ""), today)
        first = day - timedelta(days=day.weekday())
        specials, blackouts = closures(since=today)
        in_force: list[Closure] = [*specials, *blackouts]
        context = {
            "title": f"Week of {first.day} {first:%B %Y}",
            "days": planned_days(first, count=_DAYS_OF_WEEK),
            "today": today,
            "first": first,
            "before": first - timedelta(days=7),
            "after": first + timedelta(days=7),
            "closures": [
                (closure, isinstance(closure, Blackout), found)
                for closure, found in zip(in_force, bookings_of(in_force), strict=True)
            ],
        }
        return self._page(request, "week", context)

    def month(self, request: HttpRequest) -> HttpResponse:
        """Show six weeks, a cell for each day."""
        self._require(request, _SEE)
        today = clock.shop_date(clock.now())
        day = _day_of(request.GET.get("day", ""), today).replace(day=1)
        first = day - timedelta(days=day.weekday())
        days = planned_days(first, count=7 * _WEEKS_OF_MONTH)
        context = {
            "title": f"{day:%B %Y}",
            "month": day.month,
            "today": today,
            "weeks": [days[index : index + 7] for index in range(0, len(days), 7)],
            "before": (day - timedelta(days=1)).replace(day=1),
            "after": (day + timedelta(days=32)).replace(day=1),
        }
        return self._page(request, "month", context)

    def hours(self, request: HttpRequest) -> HttpResponse:
        """Show the weekly plans, and take a new one from a day on."""
        self._require(request, _SEE)
        at = clock.now()
        plans = week_plans(at=at)
        data = request.POST if request.method == "POST" else None
        form = forms.PlanForm(data, initial={"effective_from": clock.shop_date(at)})
        shown = forms.initial_week(plans[-1]) if plans and data is None else None
        # What is sent counts by itself, whatever plan came into force meanwhile.
        rows = forms.WeekFormSet(data, initial=shown)
        if data is not None:
            self._require(request, _CHANGE)
            if form.is_valid() and rows.is_valid() and self._set_plan(request, form, rows):
                return HttpResponseRedirect(reverse("admin:inventory_weekplan_changelist"))
        context = {"title": "Opening hours", "plans": plans, "form": form, "rows": rows,
                   "weekdays": forms.WEEKDAYS}  # fmt: skip
        return self._page(request, "hours", context)

    def _set_plan(self, request: HttpRequest, form: Any, rows: Any) -> bool:
        def work() -> str:
            plan = services.set_week_plan(
                effective_from=form.cleaned_data["effective_from"],
                note=form.cleaned_data["note"],
                week=forms.week_of(rows),
                actor=actor_of(request),
                at=clock.now(),
            )
            return f"These hours hold from {plan.effective_from:%Y-%m-%d} on."

        return _done(request, form, work)

    def special(self, request: HttpRequest) -> HttpResponse:
        """Enter a holiday or other hours for a day: the orders in it are shown first."""
        self._require(request, _CHANGE)
        data = request.POST if request.method == "POST" else None
        form = forms.SpecialForm(data, initial={"day": request.GET.get("day", "")})
        rows = forms.SpecialHoursFormSet(data, prefix="hours")
        listed = None
        if form.is_valid() and rows.is_valid():
            hours, day = forms.hours_of(rows), form.cleaned_data["day"]

            def look() -> list[Booking]:
                check_days(day, day, today=clock.shop_date(clock.now()))
                check_day(hours)
                return bookings_outside(day, hours)

            def work() -> str:
                row = services.add_special_day(
                    day=day,
                    name=form.cleaned_data["name"],
                    hours=hours,
                    actor=actor_of(request),
                    at=clock.now(),
                )
                return f"{row}: entered."

            if _confirmed(request) and _done(request, form, work):
                return HttpResponseRedirect(_week_of(day))
            listed = _listed(form, look)
        context = {"title": "Holiday or other hours", "form": form, "rows": rows, "listed": listed}
        return self._page(request, "closure", context)

    def blackout(self, request: HttpRequest) -> HttpResponse:
        """Enter a blackout: the orders in it are shown first."""
        self._require(request, _CHANGE)
        data = request.POST if request.method == "POST" else None
        form = forms.BlackoutForm(data, initial={"first_day": request.GET.get("day", "")})
        listed = None
        if form.is_valid():
            values = form.values()

            def look() -> list[Booking]:
                first, last = values["first_day"], values["last_day"]
                check_days(first, last, today=clock.shop_date(clock.now()))
                scope = {name: values[name] for name in ("category_id", "product_id")}
                return bookings_in_blackout(first, last, **scope)

            def work() -> str:
                row = services.add_blackout(**values, actor=actor_of(request), at=clock.now())
                return f"{row}: entered."

            if _confirmed(request) and _done(request, form, work):
                return HttpResponseRedirect(_week_of(values["first_day"]))
            listed = _listed(form, look)
        context = {"title": "Blackout", "form": form, "rows": None, "listed": listed}
        return self._page(request, "closure", context)

    def lift(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """Undo a holiday or a blackout."""
        self._require(request, _CHANGE)
        try:
            who, at = actor_of(request), clock.now()
            if kind == "blackout":
                services.lift_blackout(blackout_id=pk, actor=who, at=at)
            else:
                services.lift_special_day(special_id=pk, actor=who, at=at)
            messages.success(request, "Lifted. What it closed is open again.")
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:inventory_weekplan_changelist"))

    def toggle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close a pickup time for new orders, or open it again."""
        self._require(request, _CHANGE)
        closing = request.POST.get("closed") == "1"
        try:
            slot = services.set_slot(
                slot_id=pk, closed=closing, actor=actor_of(request), at=clock.now()
            )
            start = slot.starts_at.astimezone(clock.shop_zone())
            done = "closed for new orders" if closing else "open again"
            messages.success(request, f"{start:%A %H:%M} is {done}.")
        except DomainError as error:
            messages.error(request, error.message)
        back = request.POST.get("back", "")
        is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        address = back if is_ours else reverse("admin:inventory_weekplan_changelist")
        return HttpResponseRedirect(address)

    def _require(self, request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "may_change": request.user.has_perm(_CHANGE),
            "zone": clock.shop_zone().key,
        }
        return render(request, f"admin/inventory/calendar/{name}.html", {**shared, **context})


def _day_of(text: str, default: date) -> date:
    """Return the day that was asked for; one that is none, or out of range, is today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default
    return day if 2000 <= day.year < 2100 else default


def _week_of(day: date) -> str:
    return f"{reverse('admin:inventory_weekplan_changelist')}?day={day.isoformat()}"


def _confirmed(request: HttpRequest) -> bool:
    return request.POST.get("confirm") == "1"


def _done(request: HttpRequest, form: Any, work: Callable[[], str]) -> bool:
    """Do it and say so; a refusal stands at the form."""
    try:
        messages.success(request, work())
    except DomainError as error:
        form.add_error(None, error.message)
        return False
    return True


def _listed(form: Any, look: Callable[[], list[Booking]]) -> list[Booking] | None:
    """Return the orders that a closure would concern; None when it is refused anyway."""
    if form.errors:
        return None
    try:
        return look()
    except DomainError as error:
        form.add_error(None, error.message)
        return None
