"""Line items, discounts and totals of a checkout session. Amounts are in minor units."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bakery.sandbox.store import Document
from bakery.sandbox.stripe.errors import StripeError, invalid
from bakery.sandbox.stripe.objects import make_object, save
from bakery.sandbox.stripe.payments import require
from bakery.sandbox.world import World

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
_MINIMUM_AMOUNTS = {
    "aed": 200,
    "aud": 50,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "inr": 50,
    "jpy": 50,
    "mxn": 1000,
    "nok": 300,
    "nzd": 50,
    "pln": 200,
    "sek": 300,
    "sgd": 50,
    "usd": 50,
}
_MAXIMUM_AMOUNT = 99_999_999
_MAX_LINE_ITEMS = 100


def check_amount(amount: int, currency: str, *, param: str = "amount") -> None:
    """Refuse amounts that Stripe does not charge."""
    minimum = _MINIMUM_AMOUNTS.get(currency, 50)
    if amount < minimum:
        raise StripeError(
            400,
            f"Amount must be no less than the minimum of {minimum} in {currency}.",
            code="amount_too_small",
            param=param,
        )
    if amount > _MAXIMUM_AMOUNT:
        raise StripeError(
            400,
            f"Amount must be no more than {_MAXIMUM_AMOUNT} in {currency}.",
            code="amount_too_large",
            param=param,
        )


def check_currency(currency: str, *, param: str = "currency") -> str:
    """Return the currency in lower case; anything but three letters is refused."""
    lowered = currency.lower()
    if len(lowered) != 3 or not lowered.isascii() or not lowered.isalpha():
        raise invalid(f"Invalid currency: {currency[:20]}.", param=param)
    return lowered


def build_line_items(world: World, wanted: list[Document]) -> list[Document]:
    """Return Stripe line items for the `line_items` parameter, prices saved."""
    if not wanted:
        raise invalid("You must provide at least one line item.", param="line_items")
    if len(wanted) > _MAX_LINE_ITEMS:
        raise invalid(f"At most {_MAX_LINE_ITEMS} line items are allowed.", param="line_items")
    items = [_build_item(world, item, f"line_items[{n}]") for n, item in enumerate(wanted)]
    if len({item["currency"] for item in items}) > 1:
        raise invalid("All line items must have the same currency.", param="line_items")
    return items


def _build_item(world: World, wanted: Document, path: str) -> Document:
    if wanted.get("tax_rates") or wanted.get("adjustable_quantity", {}).get("enabled"):
        raise invalid(
            "The sandbox does not implement tax rates or adjustable quantities.", param=path
        )
    if ("price" in wanted) == ("price_data" in wanted):
        raise invalid("Exactly one of price or price_data is required.", param=path)
    quantity = wanted.get("quantity")
    if quantity is None:
        raise invalid("Quantity is required. Add `quantity` to the line item.", param=path)
    if quantity < 1:
        raise invalid("This value must be greater than or equal to 1.", param=f"{path}[quantity]")
    if "price" in wanted:
        price = require(world, "price", wanted["price"], param=f"{path}[price]")
    else:
        price = make_price(world, wanted["price_data"], path=f"{path}[price_data]", inline=True)
    product = require(world, "product", price["product"])
    subtotal = price["unit_amount"] * quantity
    return make_object(
        world,
        "item",
        adjustable_quantity=None,
        amount_discount=0,
        amount_subtotal=subtotal,
        amount_tax=0,
        amount_total=subtotal,
        currency=price["currency"],
        description=product["name"],
        price=price,
        quantity=quantity,
        metadata=wanted.get("metadata", {}),
    )


def make_price(world: World, data: Document, *, path: str = "", inline: bool = False) -> Document:
    """Save a one-time price, and its product when only `product_data` is given."""
    if data.get("recurring"):
        raise invalid("The sandbox does not implement recurring prices.", param=path or "recurring")
    product_data = data.get("product_data")
    if ("product" in data) == (product_data is not None):
        raise invalid("Exactly one of product or product_data is required.", param=path)
    unit_amount = _read_unit_amount(data, path)
    if product_data is None:
        product = require(world, "product", data["product"], param=f"{path}[product]")
    else:
        product = make_product(world, product_data, active=not inline)
    return save(
        world,
        make_object(
            world,
            "price",
            active=not inline,
            billing_scheme="per_unit",
            currency=check_currency(data["currency"], param=f"{path}[currency]"),
            lookup_key=data.get("lookup_key"),
            metadata=data.get("metadata", {}),
            nickname=data.get("nickname"),
            product=product["id"],
            tax_behavior=data.get("tax_behavior", "unspecified"),
            type="one_time",
            unit_amount=unit_amount,
            unit_amount_decimal=str(unit_amount),
        ),
    )


def _read_unit_amount(data: Document, path: str) -> int:
    amount = data.get("unit_amount")
    if amount is None and "unit_amount_decimal" in data:
        amount = int(Decimal(data["unit_amount_decimal"]).quantize(Decimal(1), ROUND_HALF_UP))
    if amount is None:
        raise invalid("unit_amount or unit_amount_decimal is required.", param=path)
    if amount < 0:
        raise invalid("Invalid non-negative integer", param=f"{path}[unit_amount]")
    return int(amount)


def make_product(world: World, data: Document, *, active: bool = True) -> Document:
    """Save a product."""
    return save(
        world,
        make_object(
            world,
            "product",
            active=data.get("active", active),
            description=data.get("description"),
            images=data.get("images", []),
            marketing_features=[],
            metadata=data.get("metadata", {}),
            name=data["name"],
            tax_code=data.get("tax_code"),
            type="service",
            unit_label=data.get("unit_label"),
            updated=world.clock.unix(),
        ),
    )


def compute_discount(coupon: Document, subtotal: int) -> int:
    """Return what a coupon takes off `subtotal`; a percentage is rounded half up."""
    if coupon["amount_off"] is not None:
        return min(int(coupon["amount_off"]), subtotal)
    share = Decimal(str(coupon["percent_off"])) / 100
    return int((subtotal * share).quantize(Decimal(1), ROUND_HALF_UP))


def spread_discount(items: list[Document], discount: int) -> None:
    """Spread `discount` over the items in proportion, largest remainders first."""
    subtotal = sum(item["amount_subtotal"] for item in items)
    if subtotal == 0:
        return
    exact = [item["amount_subtotal"] * discount for item in items]
    shares = [part // subtotal for part in exact]
    by_remainder = sorted(range(len(items)), key=lambda n: -(exact[n] % subtotal))
    for n in by_remainder[: discount - sum(shares)]:
        shares[n] += 1
    for item, share in zip(items, shares, strict=True):
        item["amount_discount"] = share
        item["amount_total"] = item["amount_subtotal"] - share


def find_coupon(world: World, wanted: Document, *, subtotal: int, currency: str) -> Document:
    """Return {coupon, promotion_code} for one entry of `discounts`, or raise why it is refused."""
    promotion = None
    coupon_id = wanted.get("coupon")
    if "promotion_code" in wanted:
        promotion = require(
            world, "promotion_code", wanted["promotion_code"], param="discounts[0][promotion_code]"
        )
        _check_promotion(world, promotion, subtotal)
        coupon_id = promotion["promotion"]["coupon"]
    if coupon_id is None:
        raise invalid("A coupon or a promotion code is required.", param="discounts[0]")
    coupon = require(world, "coupon", coupon_id, param="discounts[0][coupon]")
    if not is_coupon_valid(world, coupon):
        raise invalid(f"Coupon {coupon_id} is expired or used up.", param="discounts[0][coupon]")
    if coupon["amount_off"] is not None and coupon["currency"] != currency:
        raise invalid("The coupon is in another currency.", param="discounts[0][coupon]")
    return {"coupon": coupon, "promotion_code": promotion}


def _check_promotion(world: World, promotion: Document, subtotal: int) -> None:
    limit, expires = promotion["max_redemptions"], promotion["expires_at"]
    used_up = limit is not None and promotion["times_redeemed"] >= limit
    expired = expires is not None and expires <= world.clock.unix()
    if not promotion["active"] or used_up or expired:
        raise invalid("This promotion code is not active.", param="discounts[0][promotion_code]")
    minimum = promotion["restrictions"]["minimum_amount"]
    if minimum is not None and subtotal < minimum:
        raise invalid("This order is below the promotion code's minimum.", param="discounts[0]")


def is_coupon_valid(world: World, coupon: Document) -> bool:
    """Whether a coupon may still be redeemed."""
    limit, until = coupon["max_redemptions"], coupon["redeem_by"]
    return (limit is None or coupon["times_redeemed"] < limit) and (
        until is None or until > world.clock.unix()
    )


def count_redemption(world: World, found: dict[str, Any]) -> None:
    """Count a used coupon and promotion code."""
    for kind in ("coupon", "promotion_code"):
        if found.get(kind) is not None:
            stored = require(world, kind, found[kind]["id"])
            stored["times_redeemed"] += 1
            save(world, stored)
