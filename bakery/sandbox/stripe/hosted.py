"""The hosted payment page, for a person to click through."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bakery.sandbox.rendering import is_same_origin, render_page
from bakery.sandbox.store import Document
from bakery.sandbox.stripe import checkout, payments, pricing
from bakery.sandbox.stripe.cards import CARDS, TestCard
from bakery.sandbox.stripe.errors import StripeError, invalid
from bakery.sandbox.stripe.objects import save
from bakery.sandbox.stripe.paying import pay_session
from bakery.sandbox.world import World

_MAX_FORM_FIELDS = 20


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


async def show_payment_page(request: Request) -> Response:
    """The page of one session in whatever state it is in."""
    return _show(_world(request), request, error=request.query_params.get("error", ""))


def _show(world: World, request: Request, *, error: str = "", status: int = 200) -> Response:
    session = world.store.get(checkout.KIND, request.path_params["session_id"])
    if session is None:
        return render_page("pay_missing.html", status=404)
    merchant = world.config.merchant_name
    if session["status"] != "open":
        back = session["success_url" if session["status"] == "complete" else "cancel_url"] or ""
        back = back.replace("{CHECKOUT_SESSION_ID}", session["id"])
        return render_page("pay_done.html", session=session, back=back, merchant=merchant)
    customer = world.store.get("customer", session["customer"] or "") or {}
    return render_page(
        "pay.html",
        status=status,
        session=session,
        items=checkout.list_items(world, session["id"]),
        cards=[card for card in CARDS if _is_offered(card, session)],
        merchant=merchant,
        email=customer.get("email") or session["customer_email"] or "",
        error=error,
        expires=datetime.fromtimestamp(session["expires_at"], tz=UTC),
        left=_write_minutes(max(0, int(session["expires_at"] - world.clock.now()) // 60)),
    )


def _is_offered(card: TestCard, session: Document) -> bool:
    return card.method_type(session["currency"]) in session["payment_method_types"]


def _write_minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


async def submit_payment(request: Request) -> Response:
    """Pay with the chosen card, then go where Stripe would send the customer."""
    return await _submit(request, challenge="stop")


async def show_challenge(request: Request) -> Response:
    """The bank's 3-D Secure page."""
    world = _world(request)
    session = world.store.get(checkout.KIND, request.path_params["session_id"])
    if session is None or session["status"] != "open":
        return _show(world, request)
    return render_page("pay_challenge.html", session=session, merchant=world.config.merchant_name)


async def answer_challenge(request: Request) -> Response:
    """Complete or fail the bank's confirmation."""
    form = await request.form(max_fields=_MAX_FORM_FIELDS)
    passed = form.get("answer") == "complete"
    return await _submit(request, card="3ds", challenge="pass" if passed else "fail")


async def _submit(request: Request, *, challenge: str, card: str | None = None) -> Response:
    world = _world(request)
    form = await request.form(max_fields=_MAX_FORM_FIELDS)
    if not is_same_origin(request):
        return _show(world, request, error="The form came from another site.", status=403)
    session_id = request.path_params["session_id"]
    try:
        done = pay_session(
            world,
            session_id,
            card=card or str(form.get("card", "success")),
            email=str(form.get("email", ""))[:200],
            name=str(form.get("name", ""))[:200],
            challenge=challenge,
        )
    except StripeError as error:
        return _show(world, request, error=str(error), status=error.status)
    finally:
        world.store.flush()
    if done["error"] is not None:
        query = urlencode({"error": done["error"]["message"]})
        return RedirectResponse(f"{world.url}/stripe/pay/{session_id}?{query}", status_code=303)
    target = done["url"] or f"{world.url}/stripe/pay/{session_id}"
    return RedirectResponse(target, status_code=303)


async def apply_code(request: Request) -> Response:
    """Apply a promotion code that the customer typed in."""
    world = _world(request)
    form = await request.form(max_fields=_MAX_FORM_FIELDS)
    session = world.store.get(checkout.KIND, request.path_params["session_id"])
    if session is None or session["status"] != "open" or not is_same_origin(request):
        return _show(world, request)
    try:
        _redeem(world, session, str(form.get("code", "")).strip())
    except StripeError as error:
        return _show(world, request, error=str(error), status=400)
    world.store.flush()
    return RedirectResponse(f"{world.url}/stripe/pay/{session['id']}", status_code=303)


def _redeem(world: World, session: Document, code: str) -> None:
    same = [p for p in world.store.all("promotion_code") if p["code"].lower() == code.lower()]
    promotion = next((p for p in same if p["active"]), None)
    if promotion is None or not session["allow_promotion_codes"]:
        raise invalid("This code is not valid.", param="code")
    details = checkout.details_of(world, session["id"])
    found = pricing.find_coupon(
        world,
        {"promotion_code": promotion["id"]},
        subtotal=session["amount_subtotal"],
        currency=session["currency"],
    )
    discount = pricing.compute_discount(found["coupon"], session["amount_subtotal"])
    pricing.spread_discount(details["items"], discount)
    total = session["amount_subtotal"] - discount
    details["discount"] = found
    session |= {
        "amount_total": total,
        "discounts": [{"coupon": None, "promotion_code": promotion["id"]}],
        "payment_status": "unpaid" if total else "no_payment_required",
        "total_details": {"amount_discount": discount, "amount_shipping": 0, "amount_tax": 0},
    }
    world.store.save("session_details", details)
    save(world, session)


async def show_receipt(request: Request) -> Response:
    """A plain receipt of a charge."""
    world = _world(request)
    charge = world.store.get("charge", request.path_params["charge_id"])
    if charge is None:
        return render_page("pay_missing.html", status=404)
    card = payments.card_of(world, charge["id"])
    return render_page(
        "receipt.html",
        charge=charge,
        card=card,
        merchant=world.config.merchant_name,
        paid_at=datetime.fromtimestamp(charge["created"], tz=UTC),
    )
