"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from apps.orders.api import board as board_api
from apps.orders.api import calendar as calendar_api
from apps.orders.api import cart_benefits as cart_benefits_api
from apps.orders.api import (
    carts,
    claims,
    counter,
    delivery,
    deposits,
    edits,
    handing,
    labour,
    my_orders,
    notes,
    orders,
    promises,
    staff,
)
from apps.orders.api import personal as personal_api
from apps.orders.api import stations as stations_api
from apps.orders.api import tickets as tickets_api
from apps.orders.api import waitlist as waitlist_api
from apps.orders.api.bake_sheet import StaffBakeSheet, StaffPantry
from apps.orders.api.sellers import StaffSellers
from apps.orders.pages import (
    account,
    board,
    cart,
    cart_benefits,
    checkout,
    edit,
    personal,
    pickup,
    status,
    tickets,
    waitlist,
)
from apps.orders.pages import calendar as calendar_page

_STAFF = "api/v1/staff/orders"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/carts", carts.CartsView.as_view(), name="api-carts"),
    path("api/v1/carts/<uuid:cart_id>", carts.CartView.as_view(), name="api-cart"),
    path(
        "api/v1/carts/<uuid:cart_id>/promise",
        promises.CartPromiseView.as_view(),
        name="api-cart-promise",
    ),
    path("api/v1/carts/<uuid:cart_id>/lines", carts.CartLinesView.as_view(), name="api-cart-lines"),
    path("account/", account.home, name="account"),
    path("account/calendar/", account.calendar, name="account-calendar"),
    path("account/data/", personal.data, name="account-data"),
    path("account/data/export/", personal.export, name="account-export"),
    path("account/data/erase/", personal.erase, name="account-erase"),
    path("api/v1/me/export", personal_api.MyExportView.as_view(), name="api-my-export"),
    path("api/v1/me/erase", personal_api.MyErasureView.as_view(), name="api-my-erase"),
    path(
        "api/v1/staff/guests/erase",
        personal_api.StaffGuestErasureView.as_view(),
        name="api-staff-guest-erase",
    ),
    path(
        "api/v1/staff/guests/export",
        personal_api.StaffGuestExportView.as_view(),
        name="api-staff-guest-export",
    ),
    path("account/claim/", account.claim_by_link, name="account-claim-link"),
    path("account/claims/", account.claim, name="account-claim"),
    path(
        "account/addresses/<int:address_id>/remove/", account.drop_address, name="account-address"
    ),
    path("account/orders/<uuid:public_id>/again/", account.again, name="account-again"),
    path("calendar/<str:token>.ics", calendar_page.feed, name="calendar-feed"),
    path("api/v1/me/calendar", calendar_api.MyCalendarView.as_view(), name="api-my-calendar"),
    path("api/v1/me/claims", claims.ClaimsView.as_view(), name="api-my-claims"),
    path(
        "api/v1/me/claims/confirm",
        claims.ClaimConfirmView.as_view(),
        name="api-my-claims-confirm",
    ),
    path("api/v1/me/orders", my_orders.MyOrdersView.as_view(), name="api-my-orders"),
    path(
        "api/v1/me/orders/<uuid:public_id>/again",
        my_orders.AgainView.as_view(),
        name="api-my-order-again",
    ),
    path("api/v1/me/cart", carts.MyCartView.as_view(), name="api-my-cart"),
    path("api/v1/carts/<uuid:cart_id>/adopt", carts.CartAdoptView.as_view(), name="api-cart-adopt"),
    path(
        "api/v1/carts/<uuid:cart_id>/lines/<int:line_id>",
        carts.CartLineView.as_view(),
        name="api-cart-line",
    ),
    path(
        "api/v1/carts/<uuid:cart_id>/codes",
        cart_benefits_api.CartCodesView.as_view(),
        name="api-cart-codes",
    ),
    path(
        "api/v1/carts/<uuid:cart_id>/codes/<str:code>",
        cart_benefits_api.CartCodeView.as_view(),
        name="api-cart-code",
    ),
    path(
        "api/v1/carts/<uuid:cart_id>/gift-cards/<int:card_id>",
        cart_benefits_api.CartGiftCardView.as_view(),
        name="api-cart-gift-card",
    ),
    path(
        "api/v1/carts/<uuid:cart_id>/points",
        cart_benefits_api.CartPointsView.as_view(),
        name="api-cart-points",
    ),
    path("api/v1/orders", orders.OrdersView.as_view(), name="api-orders"),
    path("api/v1/orders/<uuid:public_id>", orders.OrderView.as_view(), name="api-order"),
    path(
        "api/v1/orders/<uuid:public_id>/cancel",
        orders.OrderCancelView.as_view(),
        name="api-order-cancel",
    ),
    path(_STAFF, counter.StaffOrdersAndNewOnesView.as_view(), name="api-staff-orders"),
    path(f"{_STAFF}/quote", counter.StaffQuoteView.as_view(), name="api-staff-quote"),
    path(f"{_STAFF}/goods", counter.StaffGoodsView.as_view(), name="api-staff-goods"),
    path(f"{_STAFF}/customers", counter.StaffCustomersView.as_view(), name="api-staff-customers"),
    path(f"{_STAFF}/times", counter.StaffTimesView.as_view(), name="api-staff-times"),
    path(f"{_STAFF}/late", handing.StaffLateView.as_view(), name="api-staff-late"),
    path("api/v1/staff/drawer", handing.StaffDrawerView.as_view(), name="api-staff-drawer"),
    path(
        f"{_STAFF}/<uuid:public_id>/tenders",
        counter.StaffTendersView.as_view(),
        name="api-staff-tenders",
    ),
    path(
        f"{_STAFF}/<uuid:public_id>/pay-link",
        counter.StaffPayLinkView.as_view(),
        name="api-staff-pay-link",
    ),
    path(f"{_STAFF}/<uuid:public_id>/out", handing.StaffOutView.as_view(), name="api-staff-out"),
    path(
        f"{_STAFF}/<uuid:public_id>/no-show",
        handing.StaffNoShowView.as_view(),
        name="api-staff-no-show",
    ),
    path(
        f"{_STAFF}/<uuid:public_id>/step-back",
        handing.StaffStepBackView.as_view(),
        name="api-staff-step-back",
    ),
    path(f"{_STAFF}/<uuid:public_id>/labour", labour.StaffLabourView.as_view(), name="api-labour"),
    path(
        f"{_STAFF}/<uuid:public_id>/lines/<int:line_id>/timer",
        labour.StaffTimerView.as_view(),
        name="api-timer",
    ),
    path(
        "api/v1/staff/timers/<int:timer_id>",
        labour.StaffTimerCorrectionView.as_view(),
        name="api-timer-correction",
    ),
    path(f"{_STAFF}/<uuid:public_id>/notes", notes.StaffNotesView.as_view(), name="api-notes"),
    path(f"{_STAFF}/<uuid:public_id>/photos", notes.StaffPhotosView.as_view(), name="api-photos"),
    path(
        f"{_STAFF}/<uuid:public_id>/photos/<uuid:picture_id>",
        notes.StaffPhotoView.as_view(),
        name="api-photo",
    ),
    path(f"{_STAFF}/<uuid:public_id>", staff.StaffOrderView.as_view(), name="api-staff-order"),
    path(
        f"{_STAFF}/<uuid:public_id>/start", staff.StaffStartView.as_view(), name="api-staff-start"
    ),
    path(
        f"{_STAFF}/<uuid:public_id>/ready", staff.StaffReadyView.as_view(), name="api-staff-ready"
    ),
    path(
        f"{_STAFF}/<uuid:public_id>/collected",
        handing.StaffCollectedView.as_view(),
        name="api-staff-collected",
    ),
    path(
        f"{_STAFF}/<uuid:public_id>/cancel",
        staff.StaffCancelView.as_view(),
        name="api-staff-cancel",
    ),
    path("api/v1/staff/sellers", StaffSellers.as_view(), name="api-staff-sellers"),
    path("api/v1/staff/bake-sheet", StaffBakeSheet.as_view(), name="api-staff-bake-sheet"),
    path("api/v1/staff/pantry", StaffPantry.as_view(), name="api-staff-pantry"),
    path("api/v1/staff/board", board_api.BoardView.as_view(), name="api-board"),
    path("api/v1/staff/board/ack", board_api.BoardAckView.as_view(), name="api-board-ack"),
    path("api/v1/staff/board/counts", board_api.BoardCountsView.as_view(), name="api-board-counts"),
    path("api/v1/staff/stations", stations_api.StationsView.as_view(), name="api-stations"),
    path(
        "api/v1/staff/stations/<int:station_id>",
        stations_api.StationView.as_view(),
        name="api-station",
    ),
    path("api/v1/staff/tickets", tickets_api.TicketsView.as_view(), name="api-tickets"),
    path("api/v1/staff/tickets/print", tickets_api.PrintView.as_view(), name="api-tickets-print"),
    path("board/", board.board, name="board"),
    path("board/orders/<uuid:public_id>/", board.board_order, name="board-order"),
    path("kitchen/tickets/", tickets.tickets, name="tickets"),
    path("kitchen/tickets/preview/", tickets.preview, name="ticket-preview"),
    path("kitchen/tickets/print/", tickets.print_tickets, name="ticket-print"),
    path("cart/", cart.show_cart, name="cart"),
    path("cart/add/", cart.add, name="cart-add"),
    path("cart/codes/", cart_benefits.add_code, name="cart-code-add"),
    path("cart/codes/remove/", cart_benefits.remove_code, name="cart-code-remove"),
    path("cart/gift-cards/remove/", cart_benefits.remove_gift_card, name="cart-card-remove"),
    path("cart/points/", cart_benefits.set_points, name="cart-points"),
    path("cart/lines/<int:line_id>/", cart.change, name="cart-line"),
    path("cart/lines/<int:line_id>/remove/", cart.remove, name="cart-line-remove"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("waitlist/join/", waitlist.join, name="waitlist-join"),
    path("waitlist/<uuid:public_id>/", waitlist.show, name="waitlist"),
    path("waitlist/<uuid:public_id>/take/", waitlist.take, name="waitlist-take"),
    path("waitlist/<uuid:public_id>/leave/", waitlist.leave, name="waitlist-leave"),
    path("api/v1/delivery/quote", delivery.DeliveryQuoteView.as_view(), name="api-delivery-quote"),
    path("api/v1/waitlist", waitlist_api.WaitlistView.as_view(), name="api-waitlist"),
    path("api/v1/waitlist/<uuid:public_id>", waitlist_api.WaitView.as_view(), name="api-wait"),
    path("api/v1/staff/waitlist", waitlist_api.StaffWaitlist.as_view(), name="api-staff-waitlist"),
    path(
        "api/v1/staff/waitlist/<int:entry_id>/remove",
        waitlist_api.StaffWaitRemove.as_view(),
        name="api-staff-wait-remove",
    ),
    path(
        "api/v1/staff/deposit-rules",
        deposits.StaffDepositRules.as_view(),
        name="api-staff-deposit-rules",
    ),
    path(
        "api/v1/staff/deposit-rules/<int:rule_id>",
        deposits.StaffDepositRule.as_view(),
        name="api-staff-deposit-rule",
    ),
    path("api/v1/staff/delivery-zones", delivery.StaffZones.as_view(), name="api-staff-zones"),
    path(
        "api/v1/staff/delivery-zones/check",
        delivery.StaffZoneCheck.as_view(),
        name="api-staff-zone-check",
    ),
    path(
        "api/v1/staff/delivery-zones/<int:zone_id>",
        delivery.StaffZone.as_view(),
        name="api-staff-zone",
    ),
    path("orders/<uuid:public_id>/", status.show_order, name="order"),
    path("orders/<uuid:public_id>/pickup.svg", pickup.pickup_picture, name="order-pickup"),
    path("orders/<uuid:public_id>/cancel/", status.cancel, name="order-cancel"),
    path("orders/<uuid:public_id>/edit/", edit.edit_order, name="order-edit"),
    path(
        "api/v1/orders/<uuid:public_id>/edit", edits.OrderEditView.as_view(), name="api-order-edit"
    ),
    path(
        "api/v1/orders/<uuid:public_id>/edit/preview",
        edits.OrderEditPreviewView.as_view(),
        name="api-order-edit-preview",
    ),
    path(
        f"{_STAFF}/<uuid:public_id>/edit",
        edits.StaffOrderEditView.as_view(),
        name="api-staff-order-edit",
    ),
    path(
        f"{_STAFF}/<uuid:public_id>/edit/preview",
        edits.StaffOrderEditPreviewView.as_view(),
        name="api-staff-order-edit-preview",
    ),
]
