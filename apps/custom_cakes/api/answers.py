"""Answers of a customer: to questions, to offers, and to what lapsed."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.custom_cakes import selectors, services
from apps.custom_cakes.api.asking import (
    CakeAnswerInput,
    CakeDeclineInput,
    CakeOfferInput,
    CakeSeenInput,
    limit,
    pop_version,
)
from apps.custom_cakes.api.representing import CakeRequestOutput, fresh_reply
from apps.custom_cakes.models import CakeRequest
from bakery.edge.access import Anyone
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_SEEN = OpenApiExample("As it was seen", value={"version": 3}, request_only=True)
_ANSWER = OpenApiExample("An answer", value={"text": "Sugar flowers, please."}, request_only=True)
_YES = OpenApiExample("Yes", value={"offer": 1, "version": 4}, request_only=True)
_NO = OpenApiExample("No", value={"offer": 1, "words": "Too small for us."}, request_only=True)
_TAG = ["custom cakes"]


class WithdrawView(PrivateView):
    """Giving a request up."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Give a request up",
        request=CakeSeenInput,
        responses=CakeRequestOutput,
        examples=[_SEEN],
        operation_id="custom_cake_withdraw",
    )
    def post(self, request: Request, token: str) -> Response:
        """Withdraw; it can be taken back with ``reopen``. 409 ``already_paid``."""
        found, version = _opened(request, token)
        services.withdraw_request(request_id=found.pk, expected_version=version, at=clock.now())
        return fresh_reply(token, request)


class ReopenView(PrivateView):
    """Asking for the same once more."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Ask for the same once more",
        request=CakeSeenInput,
        responses=CakeRequestOutput,
        examples=[_SEEN],
        operation_id="custom_cake_reopen",
    )
    def post(self, request: Request, token: str) -> Response:
        """Put it before the shop again; 409 ``day_past``, ``not_changeable``."""
        found, version = _opened(request, token)
        services.reopen_request(request_id=found.pk, expected_version=version, at=clock.now())
        return fresh_reply(token, request)


class AnswerView(PrivateView):
    """Writing to the shop."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Write to the shop",
        request=CakeAnswerInput,
        responses=CakeRequestOutput,
        examples=[_ANSWER],
        operation_id="custom_cake_answer",
    )
    def post(self, request: Request, token: str) -> Response:
        """Keep a message; an answer to a question puts the request before the shop again."""
        found, version = _opened(request, token)
        checked = CakeAnswerInput(data=request.data)
        checked.is_valid(raise_exception=True)
        services.answer_question(
            request_id=found.pk,
            text=checked.validated_data["text"],
            expected_version=version,
            at=clock.now(),
        )
        return fresh_reply(token, request)


class AcceptView(PrivateView):
    """Saying yes to an offer."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Take the other cake that was offered",
        request=CakeOfferInput,
        responses=CakeRequestOutput,
        examples=[_YES],
        operation_id="custom_cake_accept",
    )
    def post(self, request: Request, token: str) -> Response:
        """Accept; ``pay_path`` of the reply is where it is paid. 409 ``offer_over``."""
        found, version = _opened(request, token)
        checked = CakeOfferInput(data=request.data)
        checked.is_valid(raise_exception=True)
        services.accept_counter(
            request_id=found.pk,
            quote_no=checked.validated_data.get("offer"),
            expected_version=version,
            at=clock.now(),
        )
        return fresh_reply(token, request)


class DeclineView(PrivateView):
    """Saying no to an offer."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Decline the other cake that was offered",
        request=CakeDeclineInput,
        responses=CakeRequestOutput,
        examples=[_NO],
        operation_id="custom_cake_decline",
    )
    def post(self, request: Request, token: str) -> Response:
        """Decline; the request waits for the shop again. 409 ``offer_over``."""
        found, version = _opened(request, token)
        checked = CakeDeclineInput(data=request.data)
        checked.is_valid(raise_exception=True)
        services.decline_counter(
            request_id=found.pk,
            quote_no=checked.validated_data.get("offer"),
            words=checked.validated_data.get("words", ""),
            expected_version=version,
            at=clock.now(),
        )
        return fresh_reply(token, request)


class RenewView(PrivateView):
    """Having an offer that lapsed once more."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Renew an offer that lapsed",
        request=CakeSeenInput,
        responses=CakeRequestOutput,
        examples=[_SEEN],
        operation_id="custom_cake_renew",
    )
    def post(self, request: Request, token: str) -> Response:
        """Make it payable again at the same price, while its day is free.

        409 ``day_taken`` with ``details.next_day``, ``too_old``, ``not_lapsed``.
        """
        found, version = _opened(request, token)
        services.renew_quote(request_id=found.pk, expected_version=version, at=clock.now())
        return fresh_reply(token, request)


def _opened(request: Request, token: str) -> tuple[CakeRequest, int | None]:
    """Return the request of a token and the version that the caller has seen."""
    limit(request, "custom_request")
    found = selectors.request_by_token(token)
    data: Any = request.data
    return found, pop_version(dict(data) if hasattr(data, "items") else {})
