"""Asking for a refund in the console: by pieces or by an amount, looked at before it is sent."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.orders.models import Order
from apps.payments import selectors, services
from apps.payments.admin.showing import money_of, payments_shown, text, when
from apps.payments.models import RefundRequest
from apps.payments.rules.refund_form import choose_one, read_amount, read_lines
from apps.payments.rules.refund_plan import RefundLine
from apps.payments.states import RefundReason, RefundStatus, RefundWay
from bakery.edge.console import actor_of
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, DomainError

_WAYS = dict(RefundWay.choices)
# The others are found out by the shop's own rules.
REASONS = (RefundReason.GOODS, RefundReason.GOODWILL)


class AskForm(forms.Form):
    """Why money should go back; ``key`` makes a second click the same request."""

    amount = forms.CharField(max_length=20, required=False)
    reason = forms.ChoiceField(choices=[(reason.value, reason.label) for reason in REASONS])
    explanation = forms.CharField(
        max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "cols": 60})
    )
    goods_back = forms.BooleanField(required=False, label="The goods are back and can be sold")
    key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)


def ask_page(request: HttpRequest, context: dict[str, Any], order_id: int) -> HttpResponse:
    """Show what is left of an order as a form, then what a refund comes to, then ask for it."""
    if not request.user.has_perm("payments.request_refund"):
        raise PermissionDenied
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise Http404
    form, status = AskForm(request.POST or None), 200
    typed = request.POST.dict()
    if request.method == "POST":
        status, shown = _act(request, order, form)
        if status == 303:
            return HttpResponseRedirect(request.path, status=303)
        context |= shown
        order.refresh_from_db()
    context |= {
        "title": f"Refund of order {order.number}",
        "order": order,
        "form": form,
        **_left(order, typed),
        "money": money_of(order),
        "payments": payments_shown(order),
        "asked": _asked(request, order),
    }
    return render(request, "admin/payments/refund_ask.html", context, status=status)


def _act(request: HttpRequest, order: Order, form: AskForm) -> tuple[int, dict[str, Any]]:
    """Ask when that was confirmed (303), else return what it would come to."""
    if not form.is_valid():
        return 400, {}
    try:
        lines, amount = _chosen(request, order, form)
        if "confirm" not in request.POST:
            preview = services.preview_refund(order_id=order.pk, lines=lines, amount=amount)
            shown = selectors.preview_texts(preview, ways=_WAYS)
            return 200, {"preview": shown, "expected": str(preview.amount)}
        _require_as_shown(request, order, lines, amount)
        made = services.request_refund_of(
            order_id=order.pk,
            reason=RefundReason(form.cleaned_data["reason"]),
            lines=lines,
            amount=amount,
            explanation=form.cleaned_data["explanation"],
            goods_back=form.cleaned_data["goods_back"],
            by=actor_of(request),
            reference=f"form-{form.cleaned_data['key'].hex}",
            at=clock.now(),
        )
    except DomainError as error:
        messages.error(request, error.message)
        return error.status, {}
    total = sum((row.amount for row in made), Decimal(0))
    messages.success(
        request,
        f"{text(total, order.currency)} are asked for. Somebody else has to approve it.",
    )
    return 303, {}


def _require_as_shown(
    request: HttpRequest, order: Order, lines: tuple[RefundLine, ...], amount: Decimal | None
) -> None:
    """Raise `Conflict` ``preview_changed`` when what is asked for is not what was looked at.

    Not for a form that was sent already, of which nothing may be left.
    """
    if RefundRequest.objects.filter(reference=f"form-{_hex(request)}", order=order).exists():
        return
    preview = services.preview_refund(order_id=order.pk, lines=lines, amount=amount)
    if str(preview.amount) != request.POST.get("expected"):
        raise Conflict("preview_changed", "This comes to another amount now. Look again.")


def _hex(request: HttpRequest) -> str:
    return request.POST.get("key", "").replace("-", "").lower()[:32]


def _chosen(
    request: HttpRequest, order: Order, form: AskForm
) -> tuple[tuple[RefundLine, ...], Decimal | None]:
    left = selectors.left_of(order.pk)
    positions = [line.position for line in left.lines] if left else []
    lines = read_lines(positions, request.POST.dict())
    return choose_one(lines, read_amount(form.cleaned_data["amount"]))


def _left(order: Order, typed: dict[str, str]) -> dict[str, Any]:
    left = selectors.left_of(order.pk)
    if left is None:
        return {"is_anything_left": False}
    return {
        "rows": [
            (line, text(line.amount_left, left.currency), typed.get(f"quantity-{line.position}"))
            for line in left.lines
        ],
        "left": text(left.amount_left, left.currency),
        "is_anything_left": left.amount_left > 0,
    }


def _asked(request: HttpRequest, order: Order) -> list[dict[str, Any]]:
    """Return what was asked for before; what the caller asked for can be withdrawn."""
    actor, may_see = actor_of(request), request.user.has_perm("payments.view_payment")
    return [
        {
            "row": row,
            "at": when(row.requested_at),
            "amount": text(row.amount, row.currency),
            "page": reverse("admin:payments_refundrequest_change", args=[row.pk])
            if may_see
            else "",
            "withdraw": reverse(
                "admin:payments_refundrequest_move", args=[row.public_id, "withdraw"]
            )
            if row.requested_by == actor and row.status == RefundStatus.AWAITING_APPROVAL
            else "",
            "may_give": row.status == RefundStatus.APPROVED
            and row.way == RefundWay.BY_HAND
            and request.user.has_perm("payments.give_back_by_hand"),
        }
        for row in selectors.refunds_of(order.pk)
    ]
