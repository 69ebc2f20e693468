"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.payments.api.pay import PayOrder
from apps.payments.api.refunds import RefundPreviewView, RefundRequestsView, RefundWithdrawView
from apps.payments.api.staff_disputes import (
    StaffDisputeAcceptView,
    StaffDisputeAnswerView,
    StaffDisputeEvidenceView,
    StaffDisputeProofView,
    StaffDisputesView,
    StaffDisputeView,
)
from apps.payments.api.staff_refunds import (
    StaffOrderRefundsView,
    StaffRefundApproveView,
    StaffRefundGiveBackView,
    StaffRefundPreviewView,
    StaffRefundRejectView,
    StaffRefundRetryView,
    StaffRefundsView,
    StaffRefundView,
    StaffRefundWithdrawView,
)
from apps.payments.api.webhook import receive_stripe_event
from apps.payments.pages.pay import pay_by_link, pay_order
from apps.payments.pages.refunds import ask_refund, withdraw_refund

_REFUND_MOVES = {
    "approve": StaffRefundApproveView,
    "reject": StaffRefundRejectView,
    "withdraw": StaffRefundWithdrawView,
    "retry": StaffRefundRetryView,
    "give-back": StaffRefundGiveBackView,
}
_DISPUTE_MOVES = {
    "answer": StaffDisputeAnswerView,
    "accept": StaffDisputeAcceptView,
    "evidence": StaffDisputeEvidenceView,
    "evidence/proof": StaffDisputeProofView,
}
urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "api/v1/orders/<uuid:public_id>/refund-requests",
        RefundRequestsView.as_view(),
        name="order-refund-requests",
    ),
    path(
        "api/v1/orders/<uuid:public_id>/refund-requests/preview",
        RefundPreviewView.as_view(),
        name="order-refund-preview",
    ),
    path(
        "api/v1/orders/<uuid:public_id>/refund-requests/<uuid:refund_id>/withdraw",
        RefundWithdrawView.as_view(),
        name="api-refund-withdraw",
    ),
    path("orders/<uuid:public_id>/refunds/", ask_refund, name="order-refunds"),
    path(
        "orders/<uuid:public_id>/refunds/<uuid:refund_id>/withdraw/",
        withdraw_refund,
        name="order-refund-withdraw",
    ),
    path(
        "api/v1/staff/orders/<uuid:public_id>/refunds",
        StaffOrderRefundsView.as_view(),
        name="staff-order-refunds",
    ),
    path(
        "api/v1/staff/orders/<uuid:public_id>/refunds/preview",
        StaffRefundPreviewView.as_view(),
        name="staff-refund-preview",
    ),
    path("api/v1/staff/refunds", StaffRefundsView.as_view(), name="staff-refunds"),
    path("api/v1/staff/refunds/<uuid:public_id>", StaffRefundView.as_view(), name="staff-refund"),
    *(
        path(
            f"api/v1/staff/refunds/<uuid:public_id>/{name}",
            view.as_view(),
            name=f"staff-refund-{name}",
        )
        for name, view in _REFUND_MOVES.items()
    ),
    path("api/v1/staff/disputes", StaffDisputesView.as_view(), name="staff-disputes"),
    path(
        "api/v1/staff/disputes/<str:dispute_id>", StaffDisputeView.as_view(), name="staff-dispute"
    ),
    *(
        path(
            f"api/v1/staff/disputes/<str:dispute_id>/{name}",
            view.as_view(),
            name=f"staff-dispute-{name.replace('/', '-')}",
        )
        for name, view in _DISPUTE_MOVES.items()
    ),
    path("webhooks/stripe/", receive_stripe_event, name="stripe-webhook"),
    path("api/v1/orders/<uuid:public_id>/pay", PayOrder.as_view(), name="order-pay"),
    path("orders/<uuid:public_id>/pay/", pay_order, name="order-pay-page"),
    path("pay/<str:token>/", pay_by_link, name="pay-link"),
]
