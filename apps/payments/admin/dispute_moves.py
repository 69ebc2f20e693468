"""What is done with a dispute in the console: answered, accepted, its evidence taken or proved."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.payments import services
from apps.payments.admin.showing import text, when
from apps.payments.models import Dispute
from apps.payments.rules.disputes import ANSWER_FIELDS, MAX_ANSWER, reason_words, time_left
from apps.payments.states import OPEN_DISPUTES, UNANSWERED_DISPUTES
from bakery.edge.access import recent_second_factor
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

PERMISSION = "payments.answer_dispute"
_OVER = "There is nothing to answer any more: the dispute is {}."
_ANSWERED = "This dispute was answered already. The bank takes one answer."


class AnswerForm(forms.Form):
    """The texts that the bank gets, one field for each of Stripe's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in ANSWER_FIELDS:
            attrs: dict[str, Any] = {"rows": field.rows, "cols": 90, "autocomplete": "off"}
            widget = forms.Textarea(attrs=attrs) if field.rows > 1 else forms.TextInput(
                attrs={"size": 60, "autocomplete": "off"}
            )  # fmt: skip
            self.fields[field.name] = forms.CharField(
                label=field.label,
                help_text=field.help,
                max_length=field.longest,
                required=False,
                widget=widget,
            )
        self.fields["confirmed"] = forms.BooleanField(
            required=False, label="I have read it: send it to the bank. It can be sent once."
        )

    def answer(self) -> dict[str, str]:
        """Return the texts that say something."""
        return {
            field.name: self.cleaned_data[field.name]
            for field in ANSWER_FIELDS
            if self.cleaned_data[field.name].strip()
        }


class AcceptForm(forms.Form):
    """That it is meant."""

    confirmed = forms.BooleanField(label="Let the customer keep the money. This is final.")


def heading(dispute: Dispute) -> dict[str, Any]:
    """Return what every page about a dispute shows above."""
    left, level = "", ""
    if dispute.status in UNANSWERED_DISPUTES and dispute.due_by is not None:
        left, level = time_left(dispute.due_by, at=clock.now())
    return {
        "dispute": dispute,
        "order": dispute.order,
        "amount": text(dispute.amount, dispute.currency),
        "reason": reason_words(dispute.reason),
        "due": when(dispute.due_by),
        "left": left,
        "level": level,
        "back": reverse("admin:payments_dispute_change", args=[dispute.pk]),
        "unanswered": dispute.status in UNANSWERED_DISPUTES and dispute.submitted_at is None,
        "is_inquiry": dispute.status.startswith("warning"),
        "is_open": dispute.status in OPEN_DISPUTES,
    }


@recent_second_factor()
def answer_page(request: HttpRequest, context: dict[str, Any], dispute_id: int) -> HttpResponse:
    """Show the prepared texts; keep what was changed, or send it once."""
    dispute = _found(request, dispute_id)
    status = 200
    if request.method == "POST":
        form = AnswerForm(request.POST)
        if form.is_valid():
            status = _answer(request, dispute, form)
            if status == 303:
                return _back(dispute)
        else:
            status = 400
        dispute = _found(request, dispute_id)
    else:
        form = AnswerForm(initial=services.prepare_answer(dispute_id=dispute.pk, at=clock.now()))
    head = heading(dispute)
    if not head["unanswered"] and status == 200:
        status = 409
    stopped = _ANSWERED if head["is_open"] else _OVER.format(dispute.get_status_display())
    context |= head | {
        "title": f"Answer the dispute, order {dispute.order.number}",
        "form": form,
        "stopped": "" if head["unanswered"] else stopped,
        "most": f"{MAX_ANSWER:,}",
    }
    return render(request, "admin/payments/dispute_answer.html", context, status=status)


def _answer(request: HttpRequest, dispute: Dispute, form: AnswerForm) -> int:
    """Keep or send the answer; return 303 when that was done, else the status that says why not."""
    sends = "send" in request.POST
    if sends and not form.cleaned_data["confirmed"]:
        form.add_error("confirmed", "Tick this to send it.")
        return 400
    service = services.submit_answer if sends else services.save_draft
    done = "Sent: the bank has the answer." if sends else "Kept. Nothing was sent."
    return _call(
        request,
        lambda: service(
            dispute_id=dispute.pk, answer=form.answer(), by=actor_of(request), at=clock.now()
        ),
        done,
    )


@recent_second_factor()
def accept_page(request: HttpRequest, context: dict[str, Any], dispute_id: int) -> HttpResponse:
    """Ask once more, then accept the loss."""
    dispute = _found(request, dispute_id)
    form = AcceptForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            status = _call(
                request,
                lambda: services.accept_loss(
                    dispute_id=dispute.pk, by=actor_of(request), at=clock.now()
                ),
                "Accepted: the customer keeps the money.",
            )
        if status == 303:
            return _back(dispute)
        dispute = _found(request, dispute_id)
    head = heading(dispute)
    if not head["is_open"] and status == 200:
        status = 409
    title = f"Accept the loss, order {dispute.order.number}"
    context |= head | {"title": title, "form": form}
    return render(request, "admin/payments/dispute_accept.html", context, status=status)


@recent_second_factor()
def pack_page(request: HttpRequest, context: dict[str, Any], dispute_id: int) -> HttpResponse:
    """Send the frozen evidence, proved unchanged, as one file."""
    del context
    dispute = _found(request, dispute_id)
    try:
        data = services.read_evidence(dispute_id=dispute.pk, by=actor_of(request), at=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
        return _back(dispute)
    response = HttpResponse(data, content_type="application/zip")
    name = f"evidence-{dispute.order.number}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def verify_page(request: HttpRequest, context: dict[str, Any], dispute_id: int) -> HttpResponse:
    """Prove the frozen evidence, file by file, and say what came of it."""
    del context
    dispute = _found(request, dispute_id)
    if request.method != "POST":
        return _back(dispute)
    try:
        verdict = services.verify_evidence(dispute_id=dispute.pk)
    except DomainError as error:
        messages.error(request, error.message)
        return _back(dispute)
    if verdict.valid:
        messages.success(request, f"Unchanged: all {verdict.files} files are what was frozen.")
    else:
        messages.error(request, f"NOT what was frozen: {'; '.join(verdict.reasons)[:500]}.")
    return _back(dispute)


def _call(request: HttpRequest, act: Any, done: str) -> int:
    try:
        act()
    except DomainError as error:
        messages.error(request, error.message)
        return error.status
    messages.success(request, done)
    return 303


def _found(request: HttpRequest, dispute_id: int) -> Dispute:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    dispute = Dispute.objects.select_related("order", "payment").filter(pk=dispute_id).first()
    if dispute is None:
        raise Http404
    return dispute


def _back(dispute: Dispute) -> HttpResponseRedirect:
    address = reverse("admin:payments_dispute_change", args=[dispute.pk])
    return HttpResponseRedirect(address, status=303)
