"""The main job, driven from outside as a customer and a kitchen would: HTTP and a socket only.

Knows addresses and logins and nothing of the platform's insides, so that it can be pointed at any
running installation of the demo.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import requests
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from bakery.demo.people import PASSWORD, PEOPLE, one_time_code

# From 50 on; see `bakery.demo.promotions`.
COUPON, _COUPON_FROM = "FIVEOFF", Decimal(50)
_WAIT = 20.0
_PAUSE = 0.05


class DriveError(Exception):
    """A step did not end as it must; the message says which and what was seen."""


@dataclass(frozen=True)
class Step:
    """One finished step: what, how long it took, and what was seen."""

    name: str
    seconds: float
    seen: str


@dataclass
class Addresses:
    """Where the platform and its sandbox are."""

    web: str
    live: str
    sandbox: str


class _Form(HTMLParser):
    """Collects the named inputs of a page's last form."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an input's name and value."""
        found = dict(attrs)
        if tag == "form":
            self.fields = {}
        if tag == "input" and found.get("name"):
            self.fields[str(found["name"])] = found.get("value") or ""


def form_fields(page: str) -> dict[str, str]:
    """Return the inputs of the last form of ``page``, its CSRF token among them."""
    parser = _Form()
    parser.feed(page)
    return parser.fields


def until(what: str, probe: Callable[[], Any], *, within: float = _WAIT) -> Any:
    """Return the first truthy answer of ``probe``; raise `DriveError` when none comes in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if answer := probe():
            return answer
        time.sleep(_PAUSE)
    raise DriveError(f"{what} did not happen within {within:g} s")


@dataclass
class Drive:
    """One run of the main job."""

    at: Addresses
    report: Callable[[Step], None]
    customer: requests.Session = field(default_factory=requests.Session)
    kitchen: requests.Session = field(default_factory=requests.Session)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time a step; what the block appends to the yielded list is reported with it."""
        seen: list[str] = []
        start = time.monotonic()
        yield seen
        self.report(Step(name, time.monotonic() - start, "; ".join(seen)))

    def call(
        self, session: requests.Session, method: str, url: str, *, expect: int, **kwargs: Any
    ) -> requests.Response:
        """Send a request and insist on its status."""
        response = session.request(method, url, timeout=15, **kwargs)
        if response.status_code != expect:
            raise DriveError(f"{method} {url} gave {response.status_code}: {response.text[:300]}")
        return response

    def api(self, method: str, path: str, *, expect: int = 200, **kwargs: Any) -> Any:
        """Call the customer's API."""
        return self.call(
            self.customer, method, f"{self.at.web}/api/v1{path}", expect=expect, **kwargs
        ).json()

    def run(self) -> str:
        """Drive everything and return the order's number."""
        with self.step("the platform answers") as seen:
            ready = self.call(requests.Session(), "GET", f"{self.at.web}/readyz", expect=200).json()
            seen.append(ready["status"])
        self.log_in_kitchen()
        with self.watch_board() as board:
            order = self.place_order()
            self.pay(order)
            paid_at = time.monotonic()
            self.see_on_board(board, order["number"], paid_at)
            self.acknowledge_by_text(order["number"])
            self.see_acknowledged(board, order["number"])
        self.verify_receipt(order)
        self.hand_over(order)
        self.find_mails(order["number"])
        return str(order["number"])

    def log_in_kitchen(self) -> None:
        """Log in to the console with password and one-time code."""
        person = next(person for person in PEOPLE if person.role == "kitchen")
        url = f"{self.at.web}/console/login/?next=/board/"
        with self.step("the kitchen logs in with a second factor") as seen:
            page = self.call(self.kitchen, "GET", url, expect=200)
            for attempt in range(2):
                page = self._submit_login(page, person.email, person.totp_key)
                if page.url.rstrip("/").endswith("/board"):
                    break
                # A code works once: if somebody used this one, the next one comes in 30 s.
                if attempt == 0:
                    time.sleep(30 - time.time() % 30 + 0.2)
            if not page.url.rstrip("/").endswith("/board"):
                raise DriveError(f"the log-in ended at {page.url}")
            seen.append(person.email)

    def _submit_login(
        self, page: requests.Response, email: str, totp_key: str
    ) -> requests.Response:
        """Fill in whichever of the two forms is shown, until neither is."""
        for _ in range(2):
            fields = form_fields(page.text)
            answers = {
                "username": email,
                "email": email,
                "password": PASSWORD,
                "code": one_time_code(totp_key, at=time.time()),
                "otp_token": one_time_code(totp_key, at=time.time()),
            }
            asked = {name: value for name, value in answers.items() if name in fields}
            if not asked:
                return page
            page = self.kitchen.post(
                page.url, data={**fields, **asked}, headers={"Referer": page.url}, timeout=15
            )
        return page

    @contextmanager
    def watch_board(self) -> Iterator[ClientConnection]:
        """Hold the board's socket open, subscribed from now on."""
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.kitchen.cookies)
        with self.step("the board's socket opens") as seen:
            socket = connect(
                f"{self.at.live}/ws/board/",
                additional_headers={"Cookie": cookies},
                origin=Origin(self.at.web),
                open_timeout=10,
            )
            board = self.call(
                self.kitchen, "GET", f"{self.at.web}/api/v1/staff/board", expect=200
            ).json()
            last = int(board["seq"])
            socket.send(json.dumps({"after": last}))
            seen.append(f"from event {last}")
        try:
            yield socket
        finally:
            socket.close()

    def place_order(self) -> dict[str, Any]:
        """Browse, fill a cart, and check out with a message on the cake."""
        with self.step("a customer browses the cakes") as seen:
            cakes = self.api("GET", "/products?kind=cake")["results"]
            detail = self.api("GET", f"/products/{cakes[0]['slug']}")
            sizes = detail["variants"]
            variant = next(size for size in sizes if Decimal(size["price"]) >= _COUPON_FROM)
            seen.append(f"{len(cakes)} cakes; {detail['name']}, {variant['name']}")
        with self.step("puts one in the cart with a message") as seen:
            cart = self.api("POST", "/carts", expect=201)
            line = {"variant_id": variant["id"], "quantity": 1, "message": "Happy 7th, Zoë! 🎂"}
            cart = self.api("PUT", f"/carts/{cart['id']}/lines", json=line)
            seen.append(f"{cart['subtotal']} before tax")
        with self.step("types a coupon") as seen:
            cart = self.api("POST", f"/carts/{cart['id']}/codes", json={"code": COUPON})
            if not cart["codes"][0]["applied"]:
                raise DriveError(f"{COUPON} does not apply: {cart['codes'][0]}")
            seen.append(f"{COUPON}, {cart['subtotal']} before tax")
        with self.step("chooses a pickup slot and orders") as seen:
            promise = self.api("GET", f"/carts/{cart['id']}/promise?days=1")
            if promise["earliest"] is None:
                raise DriveError(f"no pickup can be promised: {promise['sentence']}")
            seen.append(promise["sentence"])
            order: dict[str, Any] = self.api(
                "POST",
                "/orders",
                expect=201,
                headers={"Idempotency-Key": str(uuid4())},
                json={
                    "cart_id": cart["id"],
                    "slot_id": promise["earliest"]["id"],
                    "customer": {
                        "name": "Nora North",
                        "email": "nora@customer.example",
                        "phone": "+14165550123",
                    },
                },
            )
            seen.append(f"{order['number']}, {order['total']}, {order['status']}")
        return order

    def pay(self, order: dict[str, Any]) -> None:
        """Pay on the sandbox's page, and wait for the webhook to make the order paid."""
        with self.step("asks to pay") as seen:
            session = self.api("POST", f"/orders/{order['public_id']}/pay")
            found = re.search(r"cs_\w+", session["url"])
            if not found:
                raise DriveError(f"no session in {session['url']}")
            seen.append(found.group())
        with self.step("pays by card on Stripe's page") as seen:
            url = f"{self.at.sandbox}/stripe/_pay/{found.group()}"
            self.call(self.customer, "POST", url, expect=200, json={"card": "success"})
            seen.append("4242")
        with self.step("the verified webhook makes the order paid") as seen:

            def is_paid() -> bool:
                status = self.api("GET", f"/orders/{order['public_id']}")["status"]
                return bool(status == "paid")

            until("the order becoming paid", is_paid)
            seen.append("paid")

    def see_on_board(self, board: ClientConnection, number: str, paid_at: float) -> None:
        """Wait for the order on the board's socket."""
        with self.step("the kitchen's board shows it") as seen:
            event = self._board_event(board, number, "new_order")
            seen.append(f"event {event['seq']}, {time.monotonic() - paid_at:.2f} s after paid")

    def _board_event(self, board: ClientConnection, number: str, kind: str) -> dict[str, Any]:
        deadline = time.monotonic() + _WAIT
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = json.loads(board.recv(timeout=left))
            except TimeoutError:
                break
            for event in message.get("events", [message]):
                if event.get("kind") == kind and number in json.dumps(event):
                    return dict(event)
        raise DriveError(f"the board never showed {kind} of {number}")

    def acknowledge_by_text(self, number: str) -> None:
        """Read the shop's SMS, follow its link and press the button."""
        with self.step("the shop's phone gets the text") as seen:

            def text_of_order() -> str:
                messages = requests.get(f"{self.at.sandbox}/api/messages", timeout=10).json()
                return next((str(m["body"]) for m in messages if number in m["body"]), "")

            text = until("the text", text_of_order)
            seen.append(text.splitlines()[0][:70])
        with self.step("somebody acknowledges by its link") as seen:
            link = re.search(r"https?://\S+/alerts/\S+", text)
            if not link:
                raise DriveError(f"no link in the text: {text!r}")
            phone = requests.Session()
            page = self.call(phone, "GET", link.group(), expect=200)
            answer = self.call(
                phone,
                "POST",
                page.url,
                expect=200,
                data=form_fields(page.text),
                headers={"Referer": page.url},
            )
            seen.append("acknowledged" if "Taken care of" in answer.text else "answered")

    def see_acknowledged(self, board: ClientConnection, number: str) -> None:
        """Wait until the board knows of the acknowledgement."""
        with self.step("the board goes quiet") as seen:
            event = self._board_event(board, number, "acknowledged")
            seen.append(f"event {event['seq']}")

    def verify_receipt(self, order: dict[str, Any]) -> None:
        """Fetch the order's receipt as its customer, and ask the shop whether it is genuine."""
        with self.step("the customer's receipt is there") as seen:
            path = f"/orders/{order['public_id']}/receipts"

            def first() -> Any:
                papers = self.api("GET", path)["receipts"]
                return papers[0] if papers and papers[0]["url"] else None

            paper = until("the receipt", first)
            if paper["total"] != order["total"]:
                raise DriveError(f"the receipt is of {paper['total']}, not {order['total']}")
            pdf = self.call(self.customer, "GET", paper["url"], expect=200).content
            seen.append(f"{paper['number']}, {paper['total']}, {len(pdf) // 1024} KB")
        with self.step("its signature verifies") as seen:
            url = f"{self.at.web}/api/v1/receipts/check"
            verdict = self.call(
                requests.Session(), "POST", url, expect=200, files={"file": ("receipt.pdf", pdf)}
            ).json()
            if not verdict["valid"] or verdict["number"] != paper["number"]:
                raise DriveError(f"the receipt does not verify: {verdict}")
            seen.append("valid")

    def hand_over(self, order: dict[str, Any]) -> None:
        """Bake it, read the customer's code as it is said at the counter, and give it out."""
        path = f"/orders/{order['public_id']}"
        with self.step("the kitchen makes it") as seen:
            for action in ("start", "ready"):
                done = self._staff(f"{path}/{action}")
            seen.append(str(done["status"]))
        with self.step("it is handed over with the pickup code") as seen:
            page = self.call(self.customer, "GET", f"{self.at.web}{path}/", expect=200).text
            code = re.search(r'class="price price-big">\s*(\w+)\s*<', page)
            if not code:
                raise DriveError("the order's page shows no pickup code")
            done = self._staff(f"{path}/collected", code=code.group(1))
            if done["status"] != "collected":
                raise DriveError(f"after the hand-over it is {done['status']}")
            seen.append(f"{code.group(1)}, {done['status']}")

    def _staff(self, path: str, **body: str) -> Any:
        """Post to the staff's API as the kitchen's browser would."""
        url = f"{self.at.web}/api/v1/staff{path}"
        headers = {"Referer": url, "X-CSRFToken": self.kitchen.cookies.get("csrftoken", "")}
        return self.call(self.kitchen, "POST", url, expect=200, json=body, headers=headers).json()

    def find_mails(self, number: str) -> None:
        """Find the customer's mails in the sink."""
        with self.step("the customer has mail") as seen:

            def subjects() -> list[str]:
                mails = requests.get(f"{self.at.sandbox}/api/mails", timeout=10).json()
                own = [m for m in mails if "nora@customer.example" in m["recipients"]]
                return [m["subject"] for m in own if number in json.dumps(m)]

            found = until("a mail", lambda: subjects() if len(subjects()) >= 2 else None)
            seen.append(", ".join(found))
