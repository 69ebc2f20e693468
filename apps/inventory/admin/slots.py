"""The pickup calendar in the console."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.inventory import selectors, services
from apps.inventory.admin.forms import OpenSlotsForm, SlotForm, local_text
from apps.inventory.models import Slot
from apps.inventory.states import SlotLimit
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_LIMIT_FIELDS = {
    "max_pieces": SlotLimit.PIECES,
    "max_oven_minutes": SlotLimit.OVEN,
    "max_decorator_minutes": SlotLimit.DECORATOR,
}


class WhenFilter(admin.SimpleListFilter):
    """What is ahead, unless something else is asked for."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer past slots and all."""
        return [("past", "Past"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Ahead"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Slot]) -> QuerySet[Slot]:
        """Narrow by the slot's end."""
        if self.value() == "all":
            return queryset
        if self.value() == "past":
            return queryset.filter(ends_at__lt=clock.now())
        return queryset.filter(ends_at__gte=clock.now())


@admin.register(Slot)
class SlotAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Pickup times. The service writes the audit entry, so this is a plain admin."""

    form = SlotForm
    list_display = (
        "starts", "ends", "orders", "pieces", "oven_minutes", "decorator_minutes", "is_open",
    )  # fmt: skip
    list_filter = (WhenFilter, "closed")
    date_hierarchy = "starts_at"
    ordering = ("starts_at",)
    fields = (
        ("starts", "ends"),
        ("capacity", "booked"),
        ("max_pieces", "pieces_booked"),
        ("max_oven_minutes", "oven_booked"),
        ("max_decorator_minutes", "decorator_booked"),
        "closed",
    )
    readonly_fields = (
        "starts", "ends", "booked", "pieces_booked", "oven_booked", "decorator_booked",
    )  # fmt: skip
    actions = ("close", "reopen")
    list_per_page = 100
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Slots are closed, never deleted: orders point at them."""
        return False

    @admin.display(description="starts (shop's time)", ordering="starts_at")
    def starts(self, slot: Slot) -> str:
        """Show the shop's wall time."""
        return local_text(slot.starts_at, clock.shop_zone())

    @admin.display(description="ends", ordering="ends_at")
    def ends(self, slot: Slot) -> str:
        """Show the shop's wall time."""
        return f"{slot.ends_at.astimezone(clock.shop_zone()):%H:%M}"

    @admin.display(description="open", boolean=True, ordering="closed")
    def is_open(self, slot: Slot) -> bool:
        """Show whether new orders may choose it."""
        return not slot.closed

    @admin.display(ordering="booked")
    def orders(self, slot: Slot) -> str:
        """Show what is booked of the places."""
        return _of(slot.booked, slot.capacity)

    @admin.display(ordering="pieces_booked")
    def pieces(self, slot: Slot) -> str:
        """Show what is booked of the pieces."""
        return _of(slot.pieces_booked, slot.max_pieces)

    @admin.display(description="oven min", ordering="oven_booked")
    def oven_minutes(self, slot: Slot) -> str:
        """Show what is booked of the oven."""
        return _of(slot.oven_booked, slot.max_oven_minutes)

    @admin.display(description="decor min", ordering="decorator_booked")
    def decorator_minutes(self, slot: Slot) -> str:
        """Show what is booked of the decorators."""
        return _of(slot.decorator_booked, slot.max_decorator_minutes)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Warn of sizes that no pickup time ahead has room for, however empty it is."""
        if request.method == "GET" and self.has_view_permission(request):
            for row in selectors.sizes_that_never_fit(at=clock.now()):
                messages.warning(request, f"{row.product_name}, {row.name} ({row.sku}): {row.why}")
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Slot, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Change a slot by the service."""
        services.set_slot(
            slot_id=obj.pk,
            limits={
                limit: form.cleaned_data[name]
                for name, limit in _LIMIT_FIELDS.items()
                if name in form.changed_data
            },
            capacity=form.cleaned_data["capacity"] if "capacity" in form.changed_data else None,
            closed=form.cleaned_data["closed"] if "closed" in form.changed_data else None,
            actor=actor_of(request),
            at=clock.now(),
        )

    @admin.action(description="Close for new orders", permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Slot]) -> None:
        """Close the chosen slots; orders that have a place keep it."""
        self._set_closed(request, queryset, closed=True)

    @admin.action(description="Open again", permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Slot]) -> None:
        """Open the chosen slots again."""
        self._set_closed(request, queryset, closed=False)

    def _set_closed(self, request: HttpRequest, queryset: QuerySet[Slot], *, closed: bool) -> None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        with transaction.atomic():
            for pk in ids:
                services.set_slot(
                    slot_id=pk, closed=closed, actor=actor_of(request), at=clock.now()
                )
        messages.success(request, f"{len(ids)} pickup times changed.")

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Cut opening hours into slots instead of adding them one by one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OpenSlotsForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._open(request, form):
            return HttpResponseRedirect(reverse("admin:inventory_slot_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Open pickup times",
            "form": form,
            "button": "Open",
        }
        return render(request, "admin/plain_form.html", context)

    def _open(self, request: HttpRequest, form: OpenSlotsForm) -> bool:
        given = form.cleaned_data
        try:
            with transaction.atomic():
                opened = sum(
                    services.open_slots_for(
                        day=day,
                        from_=given["from_"],
                        to=given["to"],
                        minutes=given["minutes"],
                        capacity=given["capacity"],
                        actor=actor_of(request),
                        at=clock.now(),
                    )
                    for day in form.days()
                )
        except DomainError as error:
            form.add_error(None, error.message)
            return False
        messages.success(request, f"{opened} pickup times opened.")
        return True


def _of(booked: int, limit: int | None) -> str:
    return str(booked) if limit is None else f"{booked} of {limit}"
