"""Pictures in the console: the original beside its cut-out, and the choice between them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from apps.catalog import selectors, services
from apps.catalog.adapters import object_store
from apps.catalog.models import Cutout, Picture
from apps.catalog.rules.renditions import main_key
from apps.catalog.states import CutoutStatus, PictureSource
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, NotFound

CHANGE = "catalog.change_product"
# Grounds to look at a cut-out on: a halo of the old background shows on one of them.
GROUNDS = (
    ("checker", "Checker"),
    ("white", "White"),
    ("cream", "Cream"),
    ("rose", "Rose"),
    ("green", "Green"),
    ("dark", "Dark"),
)


class CutoutFilter(admin.SimpleListFilter):
    """By where the cut-out stands."""

    title = "cut-out"
    parameter_name = "cutout"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the states, and pictures that were never cut out."""
        return [*((str(value), label) for value, label in CutoutStatus.choices), ("none", "None")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        """Keep what matches."""
        if self.value() == "none":
            return queryset.filter(cutout=None)
        if self.value() in CutoutStatus.values:
            return queryset.filter(cutout__status=self.value())
        return queryset


@admin.register(Picture)
class PictureAdmin(ReadOnlyAdmin):
    """All pictures; the page of one is where staff choose what the shop shows of it."""

    list_display = ("small", "product", "in_shop", "cut", "score", "created")
    list_display_links = ("small", "product")
    list_filter = (CutoutFilter, "shown")
    search_fields = ("product__name",)
    search_help_text = "Name of the product."
    actions = None

    class Media:
        css = {"all": ("catalog/chooser.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        """Read the columns of the list in one query."""
        return selectors.console_pictures()

    @admin.display(description="picture")
    def small(self, picture: Picture) -> str:
        """Show what the shop shows, small."""
        sizes = picture.shown_renditions.get("webp", {})
        if not sizes:
            return "-"
        address = default_storage.url(sizes[min(sizes, key=int)])
        return format_html('<img class="chooser-small" src="{}" alt="" loading="lazy">', address)

    @admin.display(description="in the shop", ordering="shown")
    def in_shop(self, picture: Picture) -> str:
        """Show which of the two it is."""
        return "cut-out" if picture.shown == PictureSource.CUTOUT else "original"

    @admin.display(description="since", ordering="created_at")
    def created(self, picture: Picture) -> str:
        """Show the shop's time."""
        return date_format(localtime(picture.created_at, clock.shop_zone()), "j M Y, H:i")

    @admin.display(description="cut-out", ordering="cutout__status")
    def cut(self, picture: Picture) -> str:
        """Show where the cut-out stands."""
        cutout = _cutout(picture)
        return cutout.get_status_display() if cutout else "-"

    @admin.display(description="score", ordering="cutout__score")
    def score(self, picture: Picture) -> str:
        """Show how far the cut-out may be trusted."""
        cutout = _cutout(picture)
        return "-" if cutout is None or cutout.score is None else f"{cutout.score:.0%}"

    def get_urls(self) -> list[URLPattern]:
        """Add the buttons, the preview and what the page asks while it waits."""
        views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "do": ("do/<slug:action>/", self.press),
            "preview": ("cut/preview/", self.preview),
            "status": ("cut/status/", self.status),
        }
        own = []
        for name, (route, view) in views.items():
            guarded: Any = self.admin_site.admin_view(view)
            guarded.model_admin = self  # says that the console guards it
            own.append(path(f"<uuid:picture_id>/{route}", guarded, name=f"catalog_picture_{name}"))
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a picture beside its cut-out, and what may be done now."""
        view = self._view(request, _uuid(object_id))
        picture = view.picture
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Picture of {picture.product}" if picture.product else "Picture",
            "view": view,
            "picture": picture,
            "cutout": view.cutout,
            "original": default_storage.url(main_key(picture.renditions)),
            "grounds": GROUNDS,
            "zone": clock.shop_zone(),
            "history": selectors.cutout_history(view.cutout),
            "may_change": request.user.has_perm(CHANGE) and picture.product_id is not None,
        }
        return render(request, "admin/catalog/picture/chooser.html", context)

    def press(self, request: HttpRequest, picture_id: UUID, action: str) -> HttpResponse:
        """Call the one service behind a button."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        button = _BUTTONS.get(action)
        if button is None:
            raise Http404
        service, done = button
        extra = {"accept_flagged": bool(request.POST.get("accept"))} if action == "cutout" else {}
        try:
            service(picture_id=picture_id, actor=actor_of(request), at=clock.now(), **extra)
        except DomainError as error:
            if error.status == 404:
                raise Http404 from error
            messages.error(request, error.message)
        else:
            messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:catalog_picture_change", args=[picture_id]))

    def preview(self, request: HttpRequest, picture_id: UUID) -> HttpResponse:
        """Send the cut-out as WebP. Its address carries the run, so it may be kept for a while."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            data = object_store.read_cutout(selectors.cutout_key(picture_id, is_preview=True))
        except NotFound as error:
            raise Http404 from error
        response = HttpResponse(data, content_type="image/webp")
        response["Cache-Control"] = "private, max-age=3600"
        return response

    def status(self, request: HttpRequest, picture_id: UUID) -> JsonResponse:
        """Say where the cut-out stands, for the page that waits for it."""
        view = self._view(request, picture_id)
        run = view.cutout.run if view.cutout else 0
        response = JsonResponse({"status": view.status, "run": run, "open": view.is_open})
        response["Cache-Control"] = "no-store"
        return response

    def _view(self, request: HttpRequest, picture_id: UUID) -> selectors.CutoutView:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return selectors.cutout_view(picture_id)
        except NotFound as error:
            raise Http404 from error


_BUTTONS: dict[str, tuple[Callable[..., Any], str]] = {
    "cut": (services.request_cutout, "The picture is being cut out."),
    "cutout": (services.choose_cutout, "The shop shows the cut-out now."),
    "original": (services.show_original, "The shop shows the original now."),
}


def _cutout(picture: Picture) -> Cutout | None:
    return getattr(picture, "cutout", None)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
