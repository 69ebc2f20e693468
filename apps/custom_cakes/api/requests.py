"""Asking for a custom cake: the customer's side. A request is opened by its signed token alone."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.custom_cakes import selectors, services
from apps.custom_cakes.api.asking import (
    CakeEstimateInput,
    CakeRequestInput,
    CakeReviseInput,
    NewCakeRequestInput,
    body_of,
    key_of,
    limit,
    pop_version,
    require_read,
)
from apps.custom_cakes.api.representing import (
    CakeEstimateOutput,
    CakeRequestOutput,
    MyCakeRequestOutput,
    fresh_reply,
    my_request_json,
    reply_of,
)
from apps.custom_cakes.models import CakeRequest
from bakery.edge import throttling
from bakery.edge.access import Anyone, SignedIn
from bakery.edge.languages import language_of
from bakery.edge.private import PrivateView
from bakery.edge.shoppers import customer_of
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, Refused
from bakery.kernel.logs import fingerprint

_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Any unguessable text. The same key and body make one request.",
)
_DESIGN: dict[str, Any] = {
    "tiers": [
        {
            "shape": "round",
            "length_in": "10",
            "height_in": "4",
            "layers": 2,
            "flavour_id": 1,
            "filling_id": 5,
        },
        {"shape": "round", "length_in": "6", "height_in": "4", "layers": 2, "flavour_id": 2},
    ],
    "finish_id": 8,
    "decorations": [{"option_id": 11, "count": 6}],
    "event_type": "wedding",
    "style": "wedding",
    "keep_top": False,
}
_ASKED: dict[str, Any] = {
    "design": _DESIGN,
    "guests": 40,
    "wanted_on": "2026-12-12",
    "budget": "350.00",
    "allergies": "hazelnut",
}
_REQUEST: dict[str, Any] = {
    **_ASKED,
    "inscription": "Zoë & Max",
    "colours": "ivory and sage",
    "name": "Zoë Tremblay",
    "email": "zoe@example.com",
    "language": "fr",
}
_ESTIMATE = OpenApiExample("Two tiers", value=_ASKED, request_only=True)
_NEW = OpenApiExample("A wedding cake", value=_REQUEST, request_only=True)
_CHANGED = OpenApiExample("Fewer guests", value={**_ASKED, "guests": 30}, request_only=True)
_PARTLY = OpenApiExample("Another day", value={"wanted_on": "2026-12-19"}, request_only=True)
_TAG = ["custom cakes"]


class EstimateView(PrivateView):
    """A live estimate."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Estimate a cake",
        request=CakeEstimateInput,
        responses=CakeEstimateOutput,
        examples=[_ESTIMATE],
        operation_id="custom_cake_estimate",
    )
    def post(self, request: Request) -> Response:
        """Return range, servings and earliest day of a design; nothing is kept.

        400 with ``details.field``, such as ``design.tiers.1.length_in``: ``option_gone``,
        ``bad_tiers`` and others; 429.
        """
        limit(request, "custom_estimate")
        read = require_read(body_of(request), needs_day=False)
        if read.design is None:
            raise Invalid("missing", "Describe the cake.", details={"field": "design"})
        names = ("guests", "wanted_on", "budget", "allergies")
        estimate = services.estimate_design(
            design=read.design, **{name: read.values[name] for name in names}, at=clock.now()
        )
        return Response(estimate.as_public(language_of(request)))


class RequestsView(PrivateView):
    """New requests."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Ask for a cake",
        request=NewCakeRequestInput,
        responses={201: CakeRequestOutput},
        parameters=[_KEY],
        examples=[_NEW],
        operation_id="custom_cake_create",
    )
    def post(self, request: Request) -> Response:
        """Send a request, or keep it for later with ``submit`` false; both once for the key.

        400 with ``details.fields``; 422 ``idempotency_key_reused`` for another body with the key.
        Nothing is ordered by this: somebody of the shop looks at it first.
        """
        limit(request, "custom_request")
        data = body_of(request, "submit")
        submits = data.pop("submit", True)
        if not isinstance(submits, bool):
            raise Invalid("bad_choice", "True or false.", details={"field": "submit"})
        key, at = key_of(request, str(data.get("email") or "")), clock.now()
        if submits:
            read = require_read(data)
            made = _submit(read, key=key, user_id=customer_of(request), at=at)
        else:
            made = services.save_draft(typed=data, key=key, user_id=customer_of(request), at=at)
        return reply_of(made, request, status=201)


class RequestView(PrivateView):
    """One request."""

    permission_classes = [Anyone]

    @extend_schema(tags=_TAG, responses=CakeRequestOutput, operation_id="custom_cake_read")
    def get(self, request: Request, token: str) -> Response:
        """Return it; 404 for a token that is not of our making."""
        return reply_of(selectors.request_by_token(token), request)

    @extend_schema(
        tags=_TAG,
        summary="Change what is not sent yet",
        request=CakeRequestInput,
        responses=CakeRequestOutput,
        examples=[_PARTLY],
        operation_id="custom_cake_draft_change",
    )
    def patch(self, request: Request, token: str) -> Response:
        """Write fields of a draft anew; what is not named stays. 409 ``sent_already``."""
        limit(request, "custom_request")
        found = selectors.request_by_token(token)
        typed = {**(found.draft or {}), **body_of(request)}
        made = services.save_draft(
            typed=typed, request_id=found.pk, user_id=customer_of(request), at=clock.now()
        )
        return reply_of(made, request)


class SubmitView(PrivateView):
    """Sending a draft."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Send a draft",
        request=None,
        responses=CakeRequestOutput,
        operation_id="custom_cake_submit",
    )
    def post(self, request: Request, token: str) -> Response:
        """Send what was kept; 400 with ``details.fields`` while something is missing."""
        limit(request, "custom_request")
        found = selectors.request_by_token(token)
        if found.draft is None:
            return reply_of(found, request)
        read = require_read(found.draft, is_typed=True)
        made = _submit(read, request_id=found.pk, user_id=customer_of(request), at=clock.now())
        return reply_of(made, request)


class ReviseView(PrivateView):
    """Asking for another cake under the same number."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=_TAG,
        summary="Ask for another cake",
        request=CakeReviseInput,
        responses=CakeRequestOutput,
        examples=[_CHANGED],
        operation_id="custom_cake_revise",
    )
    def post(self, request: Request, token: str) -> Response:
        """Make a new revision; an offer that was open ends. 409 ``already_paid``."""
        limit(request, "custom_request")
        found = selectors.request_by_token(token)
        data = body_of(request, "version")
        version = pop_version(data)
        read = require_read(data)
        if read.wishes is None:
            raise Invalid("missing", "Describe the cake.", details={"field": "design"})
        services.revise_request(
            request_id=found.pk, wishes=read.wishes, expected_version=version, at=clock.now()
        )
        return fresh_reply(token, request)


class MyRequestsView(PrivateView):
    """The requests of an account."""

    permission_classes = [SignedIn]

    @extend_schema(
        tags=_TAG, responses=MyCakeRequestOutput(many=True), operation_id="my_custom_cakes"
    )
    def get(self, request: Request) -> Response:
        """Return the newest hundred."""
        return _listed(_customer(request))

    @extend_schema(
        tags=_TAG,
        summary="Take over what was asked for as a guest",
        request=None,
        responses=MyCakeRequestOutput(many=True),
        operation_id="my_custom_cakes_claim",
    )
    def post(self, request: Request) -> Response:
        """Give the account the guest requests of its own confirmed mailbox, and return all."""
        user_id, at = _customer(request), clock.now()
        services.claim_requests(user_id=user_id, email=str(request.user.email), at=at)  # type: ignore[union-attr]
        return _listed(user_id)


def _listed(user_id: int) -> Response:
    rows = selectors.requests_of(user_id, at=clock.now())
    return Response([my_request_json(row) for row in rows])


def _customer(request: Request) -> int:
    user_id = customer_of(request)
    if user_id is None:
        raise Refused("not_a_customer", "Only a customer's account has requests.")
    return user_id


def _submit(read: Any, *, at: Any, **where: Any) -> CakeRequest:
    if read.wishes is None:
        raise Invalid("missing", "Describe the cake.", details={"field": "design"})
    throttling.require("custom_mailbox", fingerprint(read.contact.email))
    return services.submit_request(wishes=read.wishes, contact=read.contact, at=at, **where)
