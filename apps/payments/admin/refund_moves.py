"""What is done with a refund request in the console: each button one page and one service."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.payments import selectors, services
from apps.payments.admin.showing import deposit_facts, text, when
from apps.payments.models import RefundRequest
from apps.payments.states import RefundStatus, RefundTill, RefundWay
from bakery.edge.access import recent_second_factor
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_S = RefundStatus
_VIEW = "payments.view_payment"


class ApproveForm(forms.Form):
    """How much of it goes back."""

    lower_to = forms.DecimalField(
        min_value=Decimal("0.01"),
        max_digits=10,
        decimal_places=2,
        required=False,
        label="Only",
        help_text="Empty: all of it. A lower amount lets only that go back.",
    )


class RejectForm(forms.Form):
    """What the customer is told."""

    note = forms.CharField(
        max_length=500,
        label="What the customer is told",
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
    )


class GiveBackForm(forms.Form):
    """How the money was given."""

    till = forms.ChoiceField(
        choices=[("", "Choose"), *RefundTill.choices],
        label="Given in",
        help_text="Cash comes from the drawer, and is taken off its sum of the day.",
    )
    how_ref = forms.CharField(
        max_length=60,
        label="Slip or receipt",
        help_text="The number on the terminal's slip, or that of the cash receipt.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NoFieldsForm(forms.Form):
    """Nothing but the button."""


@dataclass(frozen=True)
class Move:
    """One thing that may be done with a request, from ``statuses``, by who holds a permission."""

    label: str
    intro: str
    done: str
    service: Callable[..., RefundRequest]
    permission: str
    statuses: Collection[str]
    form: type[forms.Form] = NoFieldsForm
    own: bool = False  # only by who asked
    others: bool = False  # not by who asked
    at_counter: bool = False  # unless it failed
    guarded: bool = False  # by a fresh code
    decides: bool = False  # about what may be kept
    gives: bool = False  # money, which waits while the payment is disputed

    def fits(self, row: RefundRequest, actor: str) -> bool:
        """Tell whether the request is where this can be done, for ``actor``."""
        if row.status not in self.statuses:
            return False
        if (self.own and row.requested_by != actor) or (self.others and row.requested_by == actor):
            return False
        failed = row.status == _S.FAILED
        return not self.at_counter or failed or row.way == RefundWay.BY_HAND


MOVES = {
    "approve": Move(
        "Approve",
        "The money goes back as soon as you approve. This cannot be taken back.",
        "Approved: the money goes back.",
        services.approve_refund,
        "payments.approve_refund",
        (_S.AWAITING_APPROVAL,),
        ApproveForm,
        others=True,
        guarded=True,
        decides=True,
        gives=True,
    ),
    "reject": Move(
        "Reject",
        "No money goes back for this request. The customer is told why.",
        "Rejected.",
        services.reject_refund,
        "payments.approve_refund",
        (_S.AWAITING_APPROVAL, _S.FAILED),
        RejectForm,
        decides=True,
    ),
    "retry": Move(
        "Try again",
        "It is sent once more; the approval stands, and it arrives once at most.",
        "It is on its way again.",
        services.try_refund_again,
        "payments.approve_refund",
        (_S.FAILED,),
        gives=True,
    ),
    "give-back": Move(
        "Given back by hand",
        "Write this down when the customer has the money.",
        "Written down: the customer has the money.",
        services.give_back_by_hand,
        "payments.give_back_by_hand",
        (_S.APPROVED, _S.FAILED),
        GiveBackForm,
        at_counter=True,
        gives=True,
    ),
    "withdraw": Move(
        "Withdraw",
        "The request is taken back, as long as nobody has decided it.",
        "Withdrawn.",
        services.withdraw_refund,
        "payments.request_refund",
        (_S.AWAITING_APPROVAL,),
        own=True,
    ),
}


def moves_for(request: HttpRequest, row: RefundRequest) -> Iterator[tuple[str, Move]]:
    """Return what the caller may do with a request as it is now."""
    actor, is_disputed = actor_of(request), selectors.open_dispute_of(row) is not None
    for name, move in MOVES.items():
        if move.gives and is_disputed:
            continue
        if request.user.has_perm(move.permission) and move.fits(row, actor):
            yield name, move


def move_page(
    request: HttpRequest, context: dict[str, Any], public_id: UUID, action: str
) -> HttpResponse:
    """Ask once more, then do it; what does not fit any more says so with 409 and does nothing."""
    move = MOVES.get(action)
    if move is None:
        raise Http404
    if not request.user.has_perm(move.permission):
        raise PermissionDenied
    shown = _guarded_page if move.guarded else _page
    return shown(request, context, public_id, move)


def _page(
    request: HttpRequest, context: dict[str, Any], public_id: UUID, move: Move
) -> HttpResponse:
    row = _found(public_id)
    form = move.form(request.POST or None, initial=_proposed(row, move))
    status = 200
    if request.method == "POST":
        status = _act(request, row, move, form)
        if status == 303:
            return HttpResponseRedirect(_after(request, row), status=303)
        row = _found(public_id)
    fits = move.fits(row, actor_of(request))
    own = move.others and row.requested_by == actor_of(request)
    context |= {
        "title": f"{move.label}: {text(row.amount, row.currency)}, order {row.order.number}",
        "row": row,
        "move": move,
        "form": form,
        "amount": text(row.amount, row.currency),
        "asked_at": when(row.requested_at),
        "deposit": deposit_facts(row) if move.decides else None,
        "fits": fits,
        "is_own": own,
        "dispute": selectors.open_dispute_of(row) if move.gives else None,
        "back": _after(request, row),
    }
    if not fits and status == 200:
        status = 403 if own else 409
    return render(request, "admin/payments/refund_move.html", context, status=status)


def _proposed(row: RefundRequest, move: Move) -> dict[str, Decimal]:
    """Return what the form begins with: what is left once the deposit is kept."""
    left = row.amount - row.may_keep
    return {"lower_to": left} if move.form is ApproveForm and 0 < left < row.amount else {}


@recent_second_factor()
def _guarded_page(
    request: HttpRequest, context: dict[str, Any], public_id: UUID, move: Move
) -> HttpResponse:
    return _page(request, context, public_id, move)


def _act(request: HttpRequest, row: RefundRequest, move: Move, form: forms.Form) -> int:
    """Call the service; return 303 when it was done, else the status that says why not."""
    form = form if form.is_bound else move.form(request.POST)
    if not form.is_valid():
        return 400
    try:
        move.service(
            public_id=row.public_id, by=actor_of(request), at=clock.now(), **form.cleaned_data
        )
    except DomainError as error:
        messages.error(request, error.message)
        return error.status
    messages.success(request, move.done)
    return 303


def _found(public_id: UUID) -> RefundRequest:
    try:
        return selectors.refund_by_public_id(public_id)
    except DomainError as error:
        raise Http404 from error


def _after(request: HttpRequest, row: RefundRequest) -> str:
    """Return the request's page; who may not see it comes from the order's."""
    if request.user.has_perm(_VIEW):
        return reverse("admin:payments_refundrequest_change", args=[row.pk])
    return reverse("admin:payments_refundrequest_order", args=[row.order_id])
