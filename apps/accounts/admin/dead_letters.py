"""Dead letters of the outbox and the attempts that were made, in the console."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from bakery.edge.access import recent_second_factor
from bakery.edge.badges import Badge, add_badge
from bakery.edge.by_service import press
from bakery.edge.console import actor_of
from bakery.edge.keyset_list import KeysetChangeList
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, dead_letters
from bakery.kernel.attempts import in_words
from bakery.kernel.models import Attempt, OutboxMessage

_FLAGS = {"ok": "flag-published", "retried": "flag-warn", "lost": "flag-warn"}
_ERROR_SHOWN = 90
_LIST = "admin:kernel_outboxmessage_changelist"

add_badge(
    Badge(
        label="Dead letters",
        url=_LIST,
        permission="kernel.view_outboxmessage",
        count=dead_letters.count,
    )
)


class StateFilter(admin.SimpleListFilter):
    """Dead ones unless something else is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the other choices."""
        return [("waiting", "Waiting"), ("discarded", "Discarded"), ("done", "Done")]

    def choices(self, changelist: Any) -> Any:
        """Name what is shown without a choice."""
        for choice in super().choices(changelist):
            yield {**choice, "display": "Dead"} if choice["display"] == "All" else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the rows."""
        rows: Any = queryset
        chosen = {
            "waiting": rows.filter(done_at=None, dead_at=None),
            "discarded": rows.filter(discarded_at__isnull=False),
            "done": rows.filter(done_at__isnull=False),
        }
        dead = rows.filter(dead_at__isnull=False, discarded_at=None)
        narrowed: QuerySet[Any] = chosen.get(self.value() or "", dead)
        return narrowed


class HandlerFilter(admin.AllValuesFieldListFilter):
    """Handlers, in words."""

    def choices(self, changelist: Any) -> Any:
        """Name each as the list does."""
        for choice in super().choices(changelist):
            yield {**choice, "display": in_words(str(choice["display"]))}


class DiscardForm(forms.Form):
    """Why it shall never happen."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.TextInput(attrs={"size": 60, "autocomplete": "off"}),
        help_text="What is discarded never happens. Kept in the audit trail.",
    )


@admin.register(OutboxMessage)
class DeadLetterAdmin(ReadOnlyAdmin):
    """What was given up after all its attempts: replayed, or discarded with a reason."""

    change_form_template = "admin/kernel/outboxmessage/change_form.html"
    list_display = ("happening", "since", "error", "attempts", "queue")
    list_filter = (StateFilter, "queue", ("handler", HandlerFilter))
    search_fields = ("=id", "dedupe_key", "=request_id", "last_error")
    search_help_text = "Number of the row, key of the fact, request id, or words of the error"
    fields = (
        "happening", "kind", "handler", "queue", "dedupe_key", "payload", "request_id",
        "created_at", "not_before", "attempts", "last_error", "done_at", "dead_at", "discarded_at",
        "discarded_by", "discard_reason", "history",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("replay_selected",)
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Return pages by key."""
        return KeysetChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        """Leave what was said out of lists."""
        rows: QuerySet[OutboxMessage] = super().get_queryset(request)
        match = request.resolver_match
        in_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("payload") if in_list else rows

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Tell whether the caller may replay."""
        return bool(request.user.has_perm("kernel.replay_outbox"))

    @admin.display(description="What")
    def happening(self, row: OutboxMessage) -> str:
        """Return what should have happened."""
        return in_words(row.handler)

    @admin.display(description="Since")
    def since(self, row: OutboxMessage) -> Any:
        """Return since when it is as it is."""
        return row.discarded_at or row.dead_at or row.done_at or row.created_at

    @admin.display(description="Error")
    def error(self, row: OutboxMessage) -> str:
        """Return how its error begins."""
        return row.last_error[:_ERROR_SHOWN] or "-"

    @admin.display(description="Attempts made")
    def history(self, row: OutboxMessage) -> SafeString | str:
        """Return its attempts as a table, the latest first."""
        made = Attempt.objects.filter(outbox_id=row.pk)[:50]
        rows = format_html_join(
            "",
            '<tr><td>{}</td><td>{}</td><td><span class="flag {}">{}</span></td>'
            "<td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    attempt.number,
                    attempt.at.astimezone(clock.shop_zone()).strftime("%Y-%m-%d %H:%M:%S"),
                    _FLAGS.get(attempt.state, "flag-bad"),
                    attempt.get_state_display(),
                    _length(attempt.waited_ms),
                    _length(attempt.duration_ms),
                    attempt.error or "-",
                )
                for attempt in made
            ),
        )
        head = (
            "<th>No.</th><th>When</th><th>Came of it</th><th>Waited</th><th>Took</th><th>Error</th>"
        )
        return format_html("<table><tr>" + head + "</tr>{}</table>", rows) if rows else "-"

    @admin.action(description="Replay", permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Give each chosen dead letter a fresh set of attempts."""
        keys = list(queryset.values_list("pk", flat=True))
        count = dead_letters.replay_many(keys, actor=actor_of(request), at=clock.now())
        self.message_user(request, f"{count} replayed.", messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        """Add the buttons."""
        guard = self.admin_site.admin_view
        name = "kernel_outboxmessage"
        return [
            path("<int:row_id>/replay/", guard(require_POST(self.replay)), name=f"{name}_replay"),
            path("<int:row_id>/alike/", guard(require_POST(self.alike)), name=f"{name}_alike"),
            path("<int:row_id>/discard/", guard(self.discard), name=f"{name}_discard"),
            *super().get_urls(),
        ]

    def replay(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Replay one."""
        return press(
            request,
            permission="kernel.replay_outbox",
            action=lambda: dead_letters.replay(row_id, actor=actor_of(request), at=clock.now()),
            done="Replayed: it happens as soon as a worker is free.",
            back=_LIST,
        )

    def alike(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Replay every one with the same handler and error."""
        return press(
            request,
            permission="kernel.replay_outbox",
            action=lambda: dead_letters.replay_alike(
                row_id, actor=actor_of(request), at=clock.now()
            ),
            done="Replayed, with all that failed alike.",
            back=_LIST,
        )

    @recent_second_factor()
    def discard(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Ask why, then discard."""
        form = DiscardForm(request.POST or None)
        if not request.user.has_perm("kernel.discard_outbox"):
            raise PermissionDenied
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            return press(
                request,
                permission="kernel.discard_outbox",
                action=lambda: dead_letters.discard(
                    row_id, actor=actor_of(request), reason=reason, at=clock.now()
                ),
                done="Discarded.",
                back=_LIST,
            )
        intro = "This will never happen unless somebody replays it from the list of discarded ones."
        context = self.page_context(
            request, title="Discard", form=form, intro=intro, button="Discard"
        )
        return render(request, "admin/plain_form.html", context)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Every attempt of handlers and tasks: kept three days when well, ninety when not."""

    list_display = (
        "at", "doing", "number", "state", "waited", "took", "queue", "error", "worker",
    )  # fmt: skip
    list_filter = ("state", "source", "queue")
    search_fields = ("=outbox_id", "=request_id", "=task_id", "name")
    search_help_text = "Number of the outbox row, request id, task id, or part of a name"
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Return pages by key."""
        return KeysetChangeList

    @admin.display(description="What")
    def doing(self, attempt: Attempt) -> str:
        """Return what was attempted."""
        return in_words(attempt.name)

    @admin.display(description="Waited")
    def waited(self, attempt: Attempt) -> str:
        """Return how long it had been due."""
        return _length(attempt.waited_ms)

    @admin.display(description="Took")
    def took(self, attempt: Attempt) -> str:
        """Return how long it took."""
        return _length(attempt.duration_ms)


def _length(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "-"
    return f"{milliseconds} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:.0f} s"
