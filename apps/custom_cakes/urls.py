"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.custom_cakes.api import answers, options, photos, requests, staff
from apps.custom_cakes.pages import asking, mine, status

_REQUEST = "api/v1/custom-cakes/<str:token>"
_STAFF = "api/v1/staff/custom-cakes/<int:request_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/custom-cakes/options", options.CakeChoices.as_view(), name="api-cake-choices"),
    path(
        "api/v1/staff/cake-options",
        options.StaffOptions.as_view(),
        name="api-staff-cake-options",
    ),
    path(
        "api/v1/staff/cake-options/<int:option_id>",
        options.StaffOption.as_view(),
        name="api-staff-cake-option",
    ),
    path(
        "api/v1/staff/cake-options/<int:option_id>/offer",
        options.StaffOptionOffer.as_view(),
        name="api-staff-cake-option-offer",
    ),
    path("api/v1/staff/custom-cakes", staff.StaffRequests.as_view(), name="api-staff-cakes"),
    path(_STAFF, staff.StaffRequest.as_view(), name="api-staff-cake"),
    path(f"{_STAFF}/approve", staff.StaffApprove.as_view(), name="api-staff-cake-approve"),
    path(f"{_STAFF}/counter-offer", staff.StaffCounter.as_view(), name="api-staff-cake-counter"),
    path(f"{_STAFF}/ask", staff.StaffAsk.as_view(), name="api-staff-cake-ask"),
    path(f"{_STAFF}/reject", staff.StaffReject.as_view(), name="api-staff-cake-reject"),
    path(f"{_STAFF}/take-back", staff.StaffTakeBack.as_view(), name="api-staff-cake-take-back"),
    path(f"{_STAFF}/renew", staff.StaffRenew.as_view(), name="api-staff-cake-renew"),
    path(f"{_STAFF}/note", staff.StaffNote.as_view(), name="api-staff-cake-note"),
    path("api/v1/me/custom-cakes", requests.MyRequestsView.as_view(), name="api-my-cakes"),
    path(
        "api/v1/custom-cakes/estimate",
        requests.EstimateView.as_view(),
        name="api-cake-estimate",
    ),
    path("api/v1/custom-cakes", requests.RequestsView.as_view(), name="api-cakes"),
    path(_REQUEST, requests.RequestView.as_view(), name="api-cake"),
    path(f"{_REQUEST}/submit", requests.SubmitView.as_view(), name="api-cake-submit"),
    path(f"{_REQUEST}/revise", requests.ReviseView.as_view(), name="api-cake-revise"),
    path(f"{_REQUEST}/withdraw", answers.WithdrawView.as_view(), name="api-cake-withdraw"),
    path(f"{_REQUEST}/reopen", answers.ReopenView.as_view(), name="api-cake-reopen"),
    path(f"{_REQUEST}/answer", answers.AnswerView.as_view(), name="api-cake-answer"),
    path(f"{_REQUEST}/accept", answers.AcceptView.as_view(), name="api-cake-accept"),
    path(f"{_REQUEST}/decline", answers.DeclineView.as_view(), name="api-cake-decline"),
    path(f"{_REQUEST}/renew", answers.RenewView.as_view(), name="api-cake-renew"),
    path(f"{_REQUEST}/photos", photos.PhotosView.as_view(), name="api-cake-photos"),
    path(f"{_REQUEST}/photos/<uuid:photo_id>", photos.PhotoView.as_view(), name="api-cake-photo"),
    path("custom-cakes/", asking.ask, name="custom-cakes"),
    path("custom-cakes/estimate/", asking.estimate, name="custom-cake-estimate"),
    path("custom-cakes/mine/", mine.mine, name="my-custom-cakes"),
    path("custom-cakes/photos/<str:token>/", status.photo, name="custom-cake-photo"),
    path("custom-cakes/r/<str:token>/", status.show, name="custom-cake"),
    path("custom-cakes/r/<str:token>/edit/", asking.edit, name="custom-cake-edit"),
    path("custom-cakes/r/<str:token>/do/", status.act, name="custom-cake-act"),
]
