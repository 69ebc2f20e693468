"""Drafts of products' texts: the same services and permissions as the console.

What is drafted about customers' cakes is not here: it is for the shop's own screens alone.
"""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors as catalog
from apps.descriptions import selectors, services
from apps.descriptions.api import rows
from apps.descriptions.models import Draft
from apps.descriptions.states import Subject
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.kernel import clock

_VIEW, _PUBLISH = Staff("descriptions.view_draft"), Staff("descriptions.publish_draft")
_SHOWN = 50
_ASK = OpenApiExample(
    "For a birthday",
    value={"tone": "fun", "event_type": "birthday", "decoration": "sugar roses"},
    request_only=True,
)
_DRAFT: dict[str, Any] = {
    "id": 41,
    "product_id": 7,
    "status": "refused",
    "version": 2,
    "tone": "fun",
    "event_type": "birthday",
    "language": "en",
    "composer": "template",
    "model": "",
    "note": "",
    "short": "Say hello to Chocolate layer cake, nut-free!",
    "long": "Say hello to Chocolate layer cake!\n\nIn the mix: dark chocolate and butter.",
    "seo": "Chocolate layer cake: see sizes and food facts, and order online.",
    "problems": [
        {
            "field": "short",
            "kind": "allergen",
            "words": "nut-free",
            "start": 35,
            "end": 43,
            "message": "says something about allergens that only the food facts may say",
            "binding": True,
        }
    ],
    "asked_by": "user:3",
    "asked_at": "2026-06-01T12:00:00Z",
    "written_at": "2026-06-01T12:00:02Z",
    "publication": None,
}
_REPLY = OpenApiExample("A draft that claims too much", value=_DRAFT, response_only=True)
_TEXTS = OpenApiExample(
    "Edited",
    value={
        "version": 2,
        "short": "Say hello to Chocolate layer cake!",
        "long": _DRAFT["long"],
        "seo": _DRAFT["seo"],
    },
    request_only=True,
)
_DONE = OpenApiExample(
    "Publish",
    value={"version": 3, "product_updated_at": "2026-06-01T11:58:00Z", "reason": ""},
    request_only=True,
)


class _DraftView(APIView):
    """Reading needs one permission, everything else the other."""

    permission_classes = [_VIEW]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        reads = self.request.method in {"GET", "HEAD", "OPTIONS"}
        return [(_VIEW if reads else _PUBLISH)()]


class ProductDrafts(_DraftView):
    """Drafts about one product."""

    @extend_schema(
        summary="List a product's drafts", responses=rows.DraftRow(many=True), tags=["staff"]
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Return the latest fifty, newest first, with what was published of each."""
        catalog.any_product(_key(product_id))
        found = selectors.drafts_of(Subject.PRODUCT, str(product_id))[:_SHOWN]
        return Response([rows.draft_row(draft) for draft in found])

    @extend_schema(
        summary="Draft a description",
        request=rows.DraftQuestion,
        responses={202: rows.DraftRow},
        examples=[_ASK, _REPLY],
        tags=["staff"],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Have a draft written; read it until its status is no longer `queued`."""
        key = services.ask_draft(
            subject=Subject.PRODUCT,
            reference=str(product_id),
            **_valid(rows.DraftQuestion(data=request.data)),
            asked_by=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.draft_row(_product_draft(key)), status=202)


class OneDraft(_DraftView):
    """One draft about a product."""

    @extend_schema(
        summary="Show a draft", responses=rows.DraftRow, examples=[_REPLY], tags=["staff"]
    )
    def get(self, request: Request, draft_id: int) -> Response:
        """Return it with its problems."""
        return Response(rows.draft_row(_product_draft(draft_id)))

    @extend_schema(
        summary="Edit a draft",
        request=rows.DraftTexts,
        responses=rows.DraftRow,
        examples=[_TEXTS, _REPLY],
        tags=["staff"],
    )
    def put(self, request: Request, draft_id: int) -> Response:
        """Keep the texts with the draft, checked; 409 `stale_draft` or `draft_not_open`."""
        _product_draft(draft_id)
        texts = _valid(rows.DraftTexts(data=request.data))
        services.edit_draft(
            draft_id=draft_id,
            expected_version=texts.pop("version"),
            texts=texts,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.draft_row(_product_draft(draft_id)))


class PublishDraft(APIView):
    """Put a draft's texts on its product."""

    permission_classes = [_PUBLISH]

    @extend_schema(
        summary="Publish a draft",
        request=rows.PublishInput,
        responses=rows.DraftRow,
        examples=[_DONE],
        tags=["staff"],
    )
    def post(self, request: Request, draft_id: int) -> Response:
        """400 `claim_refused` or `reason_missing`; 409 `stale_draft`, `edited_meanwhile`."""
        _product_draft(draft_id)
        given = _valid(rows.PublishInput(data=request.data))
        services.publish_draft(
            draft_id=draft_id,
            expected_version=given["version"],
            read_at=given["product_updated_at"],
            reason=given["reason"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.draft_row(_product_draft(draft_id)))


class DiscardDraft(APIView):
    """Put a draft aside."""

    permission_classes = [_PUBLISH]

    @extend_schema(
        summary="Put a draft aside",
        request=rows.VersionInput,
        responses=rows.DraftRow,
        tags=["staff"],
    )
    def post(self, request: Request, draft_id: int) -> Response:
        """For good; 409 `stale_draft` or `illegal_transition`."""
        _product_draft(draft_id)
        services.discard_draft(
            draft_id=draft_id,
            expected_version=_valid(rows.VersionInput(data=request.data))["version"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.draft_row(_product_draft(draft_id)))


class RetryDraft(APIView):
    """Have a draft written that could not be."""

    permission_classes = [_PUBLISH]

    @extend_schema(
        summary="Write a failed draft once more",
        request=rows.VersionInput,
        responses={202: rows.DraftRow},
        tags=["staff"],
    )
    def post(self, request: Request, draft_id: int) -> Response:
        """Back to `queued`; 409 `illegal_transition` for one that did not fail."""
        _product_draft(draft_id)
        services.ask_again(
            draft_id=draft_id,
            expected_version=_valid(rows.VersionInput(data=request.data))["version"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.draft_row(_product_draft(draft_id)), status=202)


def _product_draft(draft_id: int) -> Draft:
    return selectors.any_draft(_key(draft_id), subject=Subject.PRODUCT)


def _key(number: int) -> int:
    """Return a key as the database knows them; 0, which nothing has, for one that it cannot."""
    return number if number < 2**63 else 0


def _valid(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
