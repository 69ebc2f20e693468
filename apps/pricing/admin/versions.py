"""Versions of models in the console: what is in use and why, and the buttons that change that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from apps.pricing import services
from apps.pricing.admin import monitoring
from apps.pricing.models import ModelVersion, TrainingRun
from apps.pricing.rules.promotion import BETTER
from apps.pricing.selectors import versions
from apps.pricing.states import DataOrigin, ModelKind, VersionStatus
from bakery.edge.access import recent_second_factor
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, DomainError

MANAGE = "pricing.manage_models"
_FLAGS = {
    VersionStatus.CURRENT: "published",
    VersionStatus.CHALLENGER: "draft",
    VersionStatus.RETIRED: "draft",
    VersionStatus.REFUSED: "bad",
}
_MOST_SHOWN = 30


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=500, widget=forms.TextInput(attrs={"size": 60}))


@dataclass(frozen=True)
class Row:
    """A version as pages show it; errors are shares of the price, on the same hold-out."""

    version: ModelVersion
    flag: str
    trained: str
    origin: str
    ours: str
    formula: str
    current: str
    coverage: str
    may_promote: bool
    may_refuse: bool


@dataclass(frozen=True)
class Block:
    """A kind of model: what is in use, what runs beside, what is being trained."""

    kind: str
    title: str
    current: Row | None
    problem: str
    before: str
    rows: list[Row]
    training: str
    runs: list[tuple[TrainingRun, str]]
    is_held_back: bool


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """What was trained; whatever changes goes through a service."""

    def get_urls(self) -> list[URLPattern]:
        """Add the buttons and the monitoring."""
        pages: tuple[tuple[str, Callable[..., HttpResponseBase], str], ...] = (
            ("monitoring/", self.monitoring, "pricing_monitoring"),
            ("monitoring/<str:name>.svg", self.plot, "pricing_plot"),
            ("train/<str:kind>/", self.train, "pricing_train"),
            ("roll-back/<str:kind>/", self.roll_back, "pricing_roll_back"),
            ("<int:version_id>/promote/", self.promote, "pricing_promote"),
            ("<int:version_id>/refuse/", self.refuse, "pricing_refuse"),
        )
        return [
            *(
                path(route, self.admin_site.admin_view(view), name=name)
                for route, view, name in pages
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show both kinds."""
        self._require(request, "pricing.view_modelversion", takes_posts=False)
        context = self.page_context(
            request,
            title="Models",
            blocks=[_block(kind) for kind in ModelKind],
            may_manage=request.user.has_perm(MANAGE),
            may_monitor=request.user.has_perm("pricing.view_decision"),
            drift=services.drift(at=clock.now()),
        )
        return render(request, "admin/pricing/versions.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show everything that is known of a version."""
        row: ModelVersion = self.row_to_show(request, object_id)
        context = self.page_context(
            request,
            title=f"Version {row.name}",
            row=_row(row),
            version=row,
            ranges=sorted(row.features),
            parameters=sorted(row.parameters.items()),
            history=[(_when(move.at), move) for move in row.transitions.all()],
            problem=services.check_file(key=row.artefact_key, sha256=row.artefact_sha256),
            may_manage=request.user.has_perm(MANAGE),
        )
        return render(request, "admin/pricing/version.html", context)

    def monitoring(self, request: HttpRequest) -> HttpResponse:
        """Show how predictions do."""
        self._require(request, "pricing.view_decision", takes_posts=False)
        return monitoring.monitoring_page(request, self.page_context(request))

    def plot(self, request: HttpRequest, name: str) -> HttpResponse:
        """Draw one plot."""
        self._require(request, "pricing.view_decision", takes_posts=False)
        return monitoring.plot(request, name)

    @recent_second_factor()
    def promote(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """Put a version in use."""
        row = self._found(request, version_id)
        return self._ask(
            request,
            title=f"Put {row.name} in use",
            intro=f"{row.note} Prices follow from it with the next estimate.",
            button="Put in use",
            call=lambda reason: services.promote(
                version_id=row.pk, actor=actor_of(request), at=clock.now(), reason=reason
            ),
        )

    @recent_second_factor()
    def refuse(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """Never use a version again."""
        row = self._found(request, version_id)
        return self._ask(
            request,
            title=f"Refuse {row.name}",
            intro="It can never be put in use again. If it is in use, the formula speaks alone.",
            button="Refuse for good",
            call=lambda reason: services.refuse(
                version_id=row.pk, actor=actor_of(request), at=clock.now(), reason=reason
            ),
        )

    @recent_second_factor()
    def roll_back(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Go back to the version before."""
        self._require(request, MANAGE)
        known = _kind(kind)
        current = versions.current_version(known)
        before = versions.version_before(current) if current else None
        return self._ask(
            request,
            title=f"Go back to {before.name if before else 'the formula'}",
            intro="With the next estimate. No training puts a version in use until you do.",
            button="Go back",
            call=lambda reason: services.roll_back(
                kind=known, actor=actor_of(request), at=clock.now(), reason=reason
            ),
        )

    def train(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Have a version trained soon."""
        self._require(request, MANAGE)
        if request.method != "POST":
            return HttpResponseRedirect(_list())
        try:
            services.ask_training(kind=_kind(kind), actor=actor_of(request), at=clock.now())
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "A version is being trained; look again in a minute.")
        return HttpResponseRedirect(_list())

    def _ask(  # one form for everything that needs a reason
        self,
        request: HttpRequest,
        *,
        title: str,
        intro: str,
        button: str,
        call: Callable[[str], Any],
    ) -> HttpResponse:
        form = ReasonForm(request.POST if request.method == "POST" else None)
        status = 200
        if request.method == "POST" and form.is_valid():
            try:
                call(form.cleaned_data["reason"])
            except DomainError as error:
                form.add_error(None, error.message)
                status = 409 if isinstance(error, Conflict) else 400
            else:
                messages.success(request, "Done. It holds with the next estimate.")
                return HttpResponseRedirect(_list())
        context = self.page_context(
            request, title=title, intro=intro, button=button, form=form, back=_list()
        )
        return render(request, "admin/pricing/ask.html", context, status=status)

    def _found(self, request: HttpRequest, version_id: int) -> ModelVersion:
        self._require(request, MANAGE)
        row = ModelVersion.objects.filter(pk=min(version_id, 2**63 - 1)).first()
        if row is None:
            raise Http404
        return row

    def _require(self, request: HttpRequest, permission: str, *, takes_posts: bool = True) -> None:
        if not request.user.has_perm(permission) or (request.method == "POST" and not takes_posts):
            raise PermissionDenied


def _kind(text: str) -> ModelKind:
    if text not in ModelKind.values:
        raise Http404
    return ModelKind(text)


def _list() -> str:
    return reverse("admin:pricing_modelversion_changelist")


def _block(kind: ModelKind) -> Block:
    found = list(ModelVersion.objects.filter(kind=kind).order_by("-pk")[:_MOST_SHOWN])
    current = versions.current_version(kind)
    before = versions.version_before(current) if current else None
    running = versions.training_under_way(kind)
    return Block(
        kind=str(kind),
        title="Prices" if kind == ModelKind.PRICE else "Servings",
        current=_row(current) if current else None,
        problem=services.current_model(kind=kind).problem,
        before=before.name if before else "the formula" if current else "",
        rows=[_row(row) for row in found],
        training=_when(running.started_at) if running else "",
        runs=[(run, _when(run.started_at)) for run in versions.latest_trainings(kind)],
        is_held_back=versions.is_held_back(kind),
    )


def _row(row: ModelVersion) -> Row:
    metrics = row.metrics
    return Row(
        version=row,
        flag=_FLAGS[VersionStatus(row.status)],
        trained=_when(row.trained_at),
        origin="" if row.data_origin == DataOrigin.DECISIONS else "simulated",
        ours=_error(metrics.get("ours")),
        formula=_error(metrics.get("formula")),
        current=_error(metrics.get("current")),
        coverage=f"{metrics['coverage'] * 100:.0f} %" if "coverage" in metrics else "-",
        # A challenger that is not better would be refused; one that was in use may return.
        may_promote=row.status == VersionStatus.RETIRED
        or (row.status == VersionStatus.CHALLENGER and metrics.get("verdict") == BETTER),
        may_refuse=row.status != VersionStatus.REFUSED,
    )


def _error(found: dict[str, Any] | None) -> str:
    return f"{found['mae_log'] * 100:.1f} %" if found and "mae_log" in found else "-"


def _when(moment: datetime) -> str:
    local = moment.astimezone(clock.shop_zone())
    return f"{local.day} {local:%b %Y, %H:%M}"
