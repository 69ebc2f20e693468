"""Writes of this app: carts, checkout, payment, the kitchen, and how orders end."""

from apps.orders.rules.contact import clean_email, clean_name, clean_phone
from apps.orders.rules.editing import EditWish, LineWish
from apps.orders.rules.order_data import Address, Customer, Terms
from apps.orders.services.again import Again, NotAgain, order_again
from apps.orders.services.alerting import alert_kitchen, alert_of_change
from apps.orders.services.board_check import check_board
from apps.orders.services.calendar_feed import close_feed, open_feed
from apps.orders.services.cart_benefits import (
    add_code,
    remove_code,
    remove_gift_card,
    set_points,
)
from apps.orders.services.cart_path import note_checkout_refused, note_checkout_started
from apps.orders.services.carts import (
    add_to_cart,
    change_line,
    create_cart,
    open_account_cart,
    put_line,
    remove_line,
)
from apps.orders.services.cashing import Taken, take_money
from apps.orders.services.claims import (
    claim_own_orders,
    confirm_claim,
    mail_claim,
    request_claim,
)
from apps.orders.services.counter import (
    CounterOrder,
    WantedGood,
    preview_order,
    send_pay_link,
    take_order,
)
from apps.orders.services.crediting import (
    CreditLine,
    count_refund,
    credit_sale,
    keep_money,
    refund_to_cards,
)
from apps.orders.services.delivery_zones import Imported, add_zone, change_zone, import_postcodes
from apps.orders.services.deposit_rules import add_deposit_rule, change_deposit_rule
from apps.orders.services.deposits import chase_balances, mark_overdue
from apps.orders.services.edit_plan import CUSTOMER, require_editable
from apps.orders.services.editing import EditResult, edit_order, preview_edit
from apps.orders.services.ending import cancel_order, cancellable_until, expire_overdue
from apps.orders.services.evidence import read_picture
from apps.orders.services.handing import Proof, hand_over_at_once, mark_collected
from apps.orders.services.kitchen import (
    acknowledge,
    mark_no_show,
    mark_out_for_delivery,
    mark_ready,
    start_production,
    step_back,
)
from apps.orders.services.labour import (
    correct_timer,
    learn_labour,
    start_timer,
    stop_timer,
    undo_timer,
)
from apps.orders.services.merging import LeftLine, Merged, adopt_cart
from apps.orders.services.notes import add_note, add_photo
from apps.orders.services.pantry import count_pantry
from apps.orders.services.paying import (
    confirm_payment,
    extend_hold,
    hold_for_mismatch,
    take_tender,
)
from apps.orders.services.placing import place_and_view, place_order
from apps.orders.services.printing import MAX_PRINTED, Printed, record_prints
from apps.orders.services.privacy import (
    erase_account_orders,
    erase_guest,
    erase_stragglers,
    note_export,
    refuse_open_orders,
)
from apps.orders.services.private_sales import (
    PrivateSale,
    check_private_order,
    new_number,
    place_private_order,
    supersede_order,
)
from apps.orders.services.reminding import remind_late, remind_of_tomorrow
from apps.orders.services.retention import purge_carts
from apps.orders.services.stations import StationWish, change_station, create_station
from apps.orders.services.telling import tell_customer, write_mail
from apps.orders.services.texting import tell_of_text
from apps.orders.services.waitlist import (
    end_overdue,
    forget_waiting,
    join_waitlist,
    leave_waitlist,
    offer_places,
    sweep_waitlist,
    yield_to_line,
)
from apps.orders.states import PaymentOutcome

__all__ = [
    "CUSTOMER",
    "MAX_PRINTED",
    "Address",
    "Again",
    "CounterOrder",
    "CreditLine",
    "Customer",
    "EditResult",
    "EditWish",
    "Imported",
    "LeftLine",
    "LineWish",
    "Merged",
    "NotAgain",
    "PaymentOutcome",
    "Printed",
    "PrivateSale",
    "Proof",
    "StationWish",
    "Taken",
    "Terms",
    "WantedGood",
    "acknowledge",
    "add_code",
    "add_deposit_rule",
    "add_note",
    "add_photo",
    "add_to_cart",
    "add_zone",
    "adopt_cart",
    "alert_kitchen",
    "alert_of_change",
    "cancel_order",
    "cancellable_until",
    "change_deposit_rule",
    "change_line",
    "change_station",
    "change_zone",
    "chase_balances",
    "check_board",
    "check_private_order",
    "claim_own_orders",
    "clean_email",
    "clean_name",
    "clean_phone",
    "close_feed",
    "confirm_claim",
    "confirm_payment",
    "correct_timer",
    "count_pantry",
    "count_refund",
    "create_cart",
    "create_station",
    "credit_sale",
    "edit_order",
    "end_overdue",
    "erase_account_orders",
    "erase_guest",
    "erase_stragglers",
    "expire_overdue",
    "extend_hold",
    "forget_waiting",
    "hand_over_at_once",
    "hold_for_mismatch",
    "import_postcodes",
    "join_waitlist",
    "keep_money",
    "learn_labour",
    "leave_waitlist",
    "mail_claim",
    "mark_collected",
    "mark_no_show",
    "mark_out_for_delivery",
    "mark_overdue",
    "mark_ready",
    "new_number",
    "note_checkout_refused",
    "note_checkout_started",
    "note_export",
    "offer_places",
    "open_account_cart",
    "open_feed",
    "order_again",
    "place_and_view",
    "place_order",
    "place_private_order",
    "preview_edit",
    "preview_order",
    "purge_carts",
    "put_line",
    "read_picture",
    "record_prints",
    "refund_to_cards",
    "refuse_open_orders",
    "remind_late",
    "remind_of_tomorrow",
    "remove_code",
    "remove_gift_card",
    "remove_line",
    "request_claim",
    "require_editable",
    "send_pay_link",
    "set_points",
    "start_production",
    "start_timer",
    "step_back",
    "stop_timer",
    "supersede_order",
    "sweep_waitlist",
    "take_money",
    "take_order",
    "take_tender",
    "tell_customer",
    "tell_of_text",
    "undo_timer",
    "write_mail",
    "yield_to_line",
]
