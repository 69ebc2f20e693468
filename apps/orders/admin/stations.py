"""The kitchen's stations in the console."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.catalog.models import Category, Product
from apps.orders import services
from apps.orders.models import Station
from bakery.edge.by_service import RefusableForm, RefusalShown
from bakery.edge.console import actor_of
from bakery.kernel import clock

_SHOWN = 4


class StationForm(RefusableForm, forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A station and what it makes; whatever the service refuses is said on the same page."""

    categories = forms.ModelMultipleChoiceField(
        queryset=Category.objects.order_by("position", "name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    products = forms.CharField(
        required=False,
        max_length=20_000,
        label="Single products",
        widget=forms.Textarea(attrs={"rows": 5, "cols": 60}),
        help_text="One in a line, by its name or its short name in the shop's address. A product "
        "that is named at a station is made there and not where its category is.",
    )

    class Meta:
        model = Station
        fields = ("name", "position", "everything", "is_active")
        labels = {"everything": "Sees every line", "is_active": "At work"}
        help_texts = {
            "everything": "As packing does. It makes nothing by that: what no other station makes "
            'stands at "Other" as well.',
            "position": "Stations are listed by it.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            scopes = list(self.instance.scopes.select_related("product"))
            self.initial["categories"] = [s.category_id for s in scopes if s.category_id]
            self.initial["products"] = "\n".join(s.product.slug for s in scopes if s.product)

    def clean_products(self) -> list[int]:
        """Return the products' keys; say which lines name none, or more than one."""
        names = [line.strip() for line in self.cleaned_data["products"].splitlines()]
        wanted = list(dict.fromkeys(filter(None, names)))
        rows = Product.objects.filter(Q(slug__in=wanted) | Q(name__in=wanted))
        found: dict[str, list[int]] = {}
        for pk, slug, name in rows.values_list("pk", "slug", "name"):
            found.setdefault(slug, []).append(pk)
            if name != slug:
                found.setdefault(name, []).append(pk)
        if unknown := [name for name in wanted if len(found.get(name, ())) != 1]:
            raise forms.ValidationError(
                f"No product, or more than one, is called: {', '.join(unknown)[:300]}."
            )
        return [found[name][0] for name in wanted]


@admin.register(Station)
class StationAdmin(RefusalShown, admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Stations. The service writes the audit entry, so this is a plain admin."""

    form = StationForm
    list_display = ("name", "position", "makes", "is_active")
    ordering = ("position", "name")
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Stations are taken out of work: prints name them."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Station]:
        """Read what they make beside them."""
        stations: QuerySet[Station] = super().get_queryset(request)
        return stations.prefetch_related("scopes__category", "scopes__product")

    @admin.display(description="makes")
    def makes(self, station: Station) -> str:
        """Name what it makes."""
        names = [str(scope.category or scope.product) for scope in station.scopes.all()]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        told = ", ".join(names[:_SHOWN]) + more
        return "; ".join(filter(None, ["sees everything" * station.everything, told])) or "-"

    def save_model(self, request: HttpRequest, obj: Station, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the service."""
        given = form.cleaned_data
        wish = services.StationWish(
            name=given["name"],
            position=given["position"],
            everything=given["everything"],
            is_active=given["is_active"],
            category_ids=[category.pk for category in given["categories"]],
            product_ids=given["products"],
        )
        actor, at = actor_of(request), clock.now()
        if change:
            services.change_station(station_id=obj.pk, wish=wish, actor=actor, at=at)
        else:
            obj.pk = services.create_station(wish=wish, actor=actor, at=at).pk
