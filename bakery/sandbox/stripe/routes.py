"""Which request does what: method, path, the SDK's parameter type, and the function."""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass

from bakery.sandbox.store import Document
from bakery.sandbox.stripe import checkout, disputes, intents, lists, offers, pricing, refunds
from bakery.sandbox.stripe.errors import StripeError
from bakery.sandbox.stripe.payments import require
from bakery.sandbox.world import World

Handler = Callable[[World, list[str], Document], Document]


@dataclass(frozen=True)
class StripeRoute:
    """One operation of the API; `{}` in the path stands for an id."""

    method: str
    path: str
    params_type: str
    handler: Handler

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        return re.compile(self.path.replace("{}", "([^/]+)"))


def _get(kind: str) -> Handler:
    return lambda world, ids, _: require(world, kind, ids[0])


def _list(kind: str, **renamed: str) -> Handler:
    def handler(world: World, ids: list[str], params: Document) -> Document:
        del ids
        params = {renamed.get(name, name): value for name, value in params.items()}
        url = f"/v1/{kind.replace('.', '/')}s"
        return lists.make_page(world.store.all(kind)[::-1], params, url=url)

    return handler


def _update(kind: str) -> Handler:
    return lambda world, ids, params: offers.update_fields(world, kind, ids[0], params)


def _delete(kind: str) -> Handler:
    return lambda world, ids, _: offers.delete_object(world, kind, ids[0])


def _create(function: Callable[[World, Document], Document]) -> Handler:
    return lambda world, _, params: function(world, params)


def _act(function: Callable[[World, str, Document], Document]) -> Handler:
    return lambda world, ids, params: function(world, ids[0], params)


def _act_bare(function: Callable[[World, str], Document]) -> Handler:
    return lambda world, ids, _: function(world, ids[0])


def _list_line_items(world: World, ids: list[str], params: Document) -> Document:
    url = f"/v1/checkout/sessions/{ids[0]}/line_items"
    require(world, checkout.KIND, ids[0])
    return lists.make_page(checkout.list_items(world, ids[0]), params, url=url)


def _list_nothing(world: World, ids: list[str], params: Document) -> Document:
    """Features of products: dj-stripe asks for them, the sandbox has none."""
    require(world, "product", ids[0])
    return lists.make_page([], params, url=f"/v1/products/{ids[0]}/features")


def _list_sessions(world: World, ids: list[str], params: Document) -> Document:
    del ids
    details = params.pop("customer_details", None)

    def accepts(session: Document) -> bool:
        email = (session["customer_details"] or {}).get("email")
        return (details is None or email == details.get("email")) and all(
            session.get(name) == params[name]
            for name in ("customer", "payment_intent", "status")
            if name in params
        )

    newest_first = world.store.all(checkout.KIND)[::-1]
    return lists.make_page(newest_first, params, url="/v1/checkout/sessions", accepts=accepts)


def _list_events(world: World, ids: list[str], params: Document) -> Document:
    del ids
    patterns = [*params.get("types", []), *([params["type"]] if "type" in params else [])]
    delivered = params.get("delivery_success")

    def accepts(event: Document) -> bool:
        fits = not patterns or any(fnmatch.fnmatchcase(event["type"], p) for p in patterns)
        return fits and (delivered is None or (event["pending_webhooks"] == 0) == delivered)

    return lists.make_page(
        world.store.all("event")[::-1], params, url="/v1/events", accepts=accepts
    )


def _list_customer_methods(world: World, ids: list[str], params: Document) -> Document:
    require(world, "customer", ids[0])
    url = f"/v1/customers/{ids[0]}/payment_methods"
    methods = world.store.all("payment_method")[::-1]
    return lists.make_page(methods, params | {"customer": ids[0]}, url=url)


def _create_customer(world: World, params: Document) -> Document:
    named = {k: v for k, v in params.items() if k in {"name", "phone", "description"}}
    return checkout.make_customer(
        world,
        email=params.get("email"),
        metadata=params.get("metadata") or {},
        address=params.get("address") or None,
        **named,
    )


def _create_product(world: World, params: Document) -> Document:
    return pricing.make_product(world, params)


def _create_price(world: World, params: Document) -> Document:
    return pricing.make_price(world, params)


def _attach(world: World, ids: list[str], params: Document) -> Document:
    return offers.move_method(world, ids[0], customer=params["customer"])


def _detach(world: World, ids: list[str], params: Document) -> Document:
    del params
    return offers.move_method(world, ids[0], customer=None)


def _get_coupon(world: World, ids: list[str], params: Document) -> Document:
    del params
    return offers.show_coupon(world, require(world, "coupon", ids[0]))


ROUTES = (
    StripeRoute(
        "GET",
        "account",
        "AccountRetrieveCurrentParams",
        lambda world, _ids, _params: offers.get_account(world),
    ),
    StripeRoute(
        "POST",
        "checkout/sessions",
        "checkout.SessionCreateParams",
        _create(checkout.create_session),
    ),
    StripeRoute("GET", "checkout/sessions", "checkout.SessionListParams", _list_sessions),
    StripeRoute(
        "GET", "checkout/sessions/{}", "checkout.SessionRetrieveParams", _get(checkout.KIND)
    ),
    StripeRoute(
        "POST",
        "checkout/sessions/{}",
        "checkout.SessionUpdateParams",
        _act(checkout.update_session),
    ),
    StripeRoute(
        "GET",
        "checkout/sessions/{}/line_items",
        "checkout.SessionLineItemListParams",
        _list_line_items,
    ),
    StripeRoute(
        "POST",
        "checkout/sessions/{}/expire",
        "checkout.SessionExpireParams",
        _act_bare(checkout.expire_session),
    ),
    StripeRoute(
        "POST", "payment_intents", "PaymentIntentCreateParams", _create(intents.create_intent)
    ),
    StripeRoute("GET", "payment_intents", "PaymentIntentListParams", _list("payment_intent")),
    StripeRoute("GET", "payment_intents/{}", "PaymentIntentRetrieveParams", _get("payment_intent")),
    StripeRoute(
        "POST", "payment_intents/{}", "PaymentIntentUpdateParams", _act(intents.update_intent)
    ),
    StripeRoute(
        "POST",
        "payment_intents/{}/confirm",
        "PaymentIntentConfirmParams",
        _act(intents.confirm_intent),
    ),
    StripeRoute(
        "POST",
        "payment_intents/{}/capture",
        "PaymentIntentCaptureParams",
        _act(intents.capture_intent),
    ),
    StripeRoute(
        "POST",
        "payment_intents/{}/cancel",
        "PaymentIntentCancelParams",
        _act(intents.cancel_intent),
    ),
    StripeRoute("GET", "charges", "ChargeListParams", _list("charge")),
    StripeRoute("GET", "charges/{}", "ChargeRetrieveParams", _get("charge")),
    StripeRoute("POST", "charges/{}", "ChargeUpdateParams", _update("charge")),
    StripeRoute("POST", "refunds", "RefundCreateParams", _create(refunds.create_refund)),
    StripeRoute("GET", "refunds", "RefundListParams", _list("refund")),
    StripeRoute("GET", "refunds/{}", "RefundRetrieveParams", _get("refund")),
    StripeRoute("POST", "refunds/{}", "RefundUpdateParams", _act(refunds.update_refund)),
    StripeRoute(
        "POST", "refunds/{}/cancel", "RefundCancelParams", _act_bare(refunds.cancel_refund)
    ),
    StripeRoute("GET", "disputes", "DisputeListParams", _list("dispute")),
    StripeRoute("GET", "disputes/{}", "DisputeRetrieveParams", _get("dispute")),
    StripeRoute("POST", "disputes/{}", "DisputeUpdateParams", _act(disputes.update_dispute)),
    StripeRoute(
        "POST", "disputes/{}/close", "DisputeCloseParams", _act_bare(disputes.close_dispute)
    ),
    StripeRoute(
        "GET", "balance_transactions", "BalanceTransactionListParams", _list("balance_transaction")
    ),
    StripeRoute(
        "GET",
        "balance_transactions/{}",
        "BalanceTransactionRetrieveParams",
        _get("balance_transaction"),
    ),
    StripeRoute("POST", "customers", "CustomerCreateParams", _create(_create_customer)),
    StripeRoute("GET", "customers", "CustomerListParams", _list("customer")),
    StripeRoute("GET", "customers/{}", "CustomerRetrieveParams", _get("customer")),
    StripeRoute("POST", "customers/{}", "CustomerUpdateParams", _update("customer")),
    StripeRoute("DELETE", "customers/{}", "CustomerDeleteParams", _delete("customer")),
    StripeRoute(
        "GET",
        "customers/{}/payment_methods",
        "CustomerPaymentMethodListParams",
        _list_customer_methods,
    ),
    StripeRoute("GET", "payment_methods", "PaymentMethodListParams", _list("payment_method")),
    StripeRoute("GET", "payment_methods/{}", "PaymentMethodRetrieveParams", _get("payment_method")),
    StripeRoute("POST", "payment_methods/{}/attach", "PaymentMethodAttachParams", _attach),
    StripeRoute("POST", "payment_methods/{}/detach", "PaymentMethodDetachParams", _detach),
    StripeRoute("POST", "products", "ProductCreateParams", _create(_create_product)),
    StripeRoute("GET", "products", "ProductListParams", _list("product")),
    StripeRoute("GET", "products/{}", "ProductRetrieveParams", _get("product")),
    StripeRoute("GET", "products/{}/features", "ProductListFeaturesParams", _list_nothing),
    StripeRoute("POST", "prices", "PriceCreateParams", _create(_create_price)),
    StripeRoute("GET", "prices", "PriceListParams", _list("price")),
    StripeRoute("GET", "prices/{}", "PriceRetrieveParams", _get("price")),
    StripeRoute("POST", "coupons", "CouponCreateParams", _create(offers.create_coupon)),
    StripeRoute("GET", "coupons", "CouponListParams", _list("coupon")),
    StripeRoute("GET", "coupons/{}", "CouponRetrieveParams", _get_coupon),
    StripeRoute("POST", "coupons/{}", "CouponUpdateParams", _update("coupon")),
    StripeRoute("DELETE", "coupons/{}", "CouponDeleteParams", _delete("coupon")),
    StripeRoute(
        "POST",
        "promotion_codes",
        "PromotionCodeCreateParams",
        _create(offers.create_promotion_code),
    ),
    StripeRoute("GET", "promotion_codes", "PromotionCodeListParams", _list("promotion_code")),
    StripeRoute("GET", "promotion_codes/{}", "PromotionCodeRetrieveParams", _get("promotion_code")),
    StripeRoute(
        "POST", "promotion_codes/{}", "PromotionCodeUpdateParams", _update("promotion_code")
    ),
    StripeRoute("GET", "events", "EventListParams", _list_events),
    StripeRoute("GET", "events/{}", "EventRetrieveParams", _get("event")),
    StripeRoute(
        "POST", "webhook_endpoints", "WebhookEndpointCreateParams", _create(offers.create_endpoint)
    ),
    StripeRoute("GET", "webhook_endpoints", "WebhookEndpointListParams", _list("webhook_endpoint")),
    StripeRoute(
        "GET", "webhook_endpoints/{}", "WebhookEndpointRetrieveParams", _get("webhook_endpoint")
    ),
    StripeRoute(
        "POST", "webhook_endpoints/{}", "WebhookEndpointUpdateParams", _act(offers.update_endpoint)
    ),
    StripeRoute(
        "DELETE", "webhook_endpoints/{}", "WebhookEndpointDeleteParams", _delete("webhook_endpoint")
    ),
    StripeRoute(
        "GET",
        "radar/early_fraud_warnings",
        "radar.EarlyFraudWarningListParams",
        _list("radar.early_fraud_warning"),
    ),
    StripeRoute(
        "GET",
        "radar/early_fraud_warnings/{}",
        "radar.EarlyFraudWarningRetrieveParams",
        _get("radar.early_fraud_warning"),
    ),
)

_COMPILED = [(route, route.pattern) for route in ROUTES]


def find_route(method: str, path: str) -> tuple[StripeRoute, list[str]]:
    """Return the operation of a request and the ids in its path, or raise Stripe's 404."""
    for route, pattern in _COMPILED:
        if route.method == method and (match := pattern.fullmatch(path)):
            return route, list(match.groups())
    raise StripeError(404, f"Unrecognized request URL ({method}: /v1/{path}).")
