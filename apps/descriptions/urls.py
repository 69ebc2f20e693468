"""Addresses of this app: the staff API; nothing of it is public."""

from django.urls import URLPattern, URLResolver, path

from apps.descriptions.api import staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/staff/products/<int:product_id>/drafts", staff.ProductDrafts.as_view()),
    path("api/v1/staff/drafts/<int:draft_id>", staff.OneDraft.as_view()),
    path("api/v1/staff/drafts/<int:draft_id>/publish", staff.PublishDraft.as_view()),
    path("api/v1/staff/drafts/<int:draft_id>/discard", staff.DiscardDraft.as_view()),
    path("api/v1/staff/drafts/<int:draft_id>/retry", staff.RetryDraft.as_view()),
]
