"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.receipts.api import receipts, staff_documents
from apps.receipts.pages import check, files

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "orders/<uuid:public_id>/receipts/<str:number>.pdf",
        files.order_receipt,
        name="order-receipt",
    ),
    path("receipts/check/", check.check, name="receipt-check"),
    path("receipts/<str:number>.pdf", files.staff_receipt, name="staff-receipt"),
    path(
        "api/v1/orders/<uuid:public_id>/receipts",
        receipts.OrderReceipts.as_view(),
        name="api-order-receipts",
    ),
    path("api/v1/receipts/check", receipts.CheckReceipt.as_view(), name="api-receipt-check"),
    path(
        "api/v1/staff/receipts",
        staff_documents.StaffDocuments.as_view(),
        name="api-staff-receipts",
    ),
    path(
        "api/v1/staff/receipts/<str:number>.pdf",
        receipts.StaffReceiptFile.as_view(),
        name="api-staff-receipt",
    ),
]
