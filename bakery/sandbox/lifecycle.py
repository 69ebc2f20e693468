"""Builds a sandbox from its settings, winds its clock, and resets it."""

from pathlib import Path
from typing import Any

from bakery.sandbox.clock import SandboxClock
from bakery.sandbox.config import SandboxConfig
from bakery.sandbox.faults import FaultPlan
from bakery.sandbox.outbound import Courier
from bakery.sandbox.scheduler import Scheduler
from bakery.sandbox.store import Document, Store
from bakery.sandbox.stripe import checkout, events, paying, refunds
from bakery.sandbox.twilio import callbacks, messages, replies
from bakery.sandbox.world import LlmRules, MailRules, SmsRules, World

STORE_FILE = "sandbox.sqlite3"


def build_world(config: SandboxConfig) -> World:
    """Open the store and wire the parts; nothing runs yet. Must run inside the event loop."""
    path: Path | None = None if config.data_dir is None else config.data_dir / STORE_FILE
    store = Store(path)
    clock = SandboxClock(float((store.get("settings", "clock") or {}).get("offset", 0.0)))
    world = World(
        config=config,
        store=store,
        clock=clock,
        scheduler=Scheduler(store=store, clock=clock),
        stripe_faults=FaultPlan(),
        twilio_faults=FaultPlan(),
        llm_faults=FaultPlan(),
        mail_rules=MailRules(),
        sms_rules=SmsRules(),
        llm_rules=LlmRules(),
    )
    world.stripe_courier = Courier(
        channel="stripe",
        store=store,
        clock=clock,
        scheduler=world.scheduler,
        render=lambda delivery: events.render_event(world, delivery),
        retry_gaps_s=events.RETRY_GAPS_S,
        on_reply=lambda delivery, _: events.note_delivered(world, delivery),
    )
    world.twilio_courier = Courier(
        channel="twilio",
        store=store,
        clock=clock,
        scheduler=world.scheduler,
        render=lambda delivery: callbacks.render_callback(world, delivery),
        retry_gaps_s=(),
        in_order=True,
        on_reply=lambda delivery, body: replies.take_reply(world, delivery, body),
    )
    _register_jobs(world)
    _apply_config(world)
    return world


def _register_jobs(world: World) -> None:
    register = world.scheduler.register
    register("stripe.expire", lambda args: checkout.expire_if_open(world, args["session"]))
    register(
        "stripe.settle",
        lambda args: paying.settle_if_processing(world, args["session"], succeeds=args["succeeds"]),
    )
    register("stripe.settle_refund", lambda args: _settle_refund(world, args))
    register("twilio.advance", lambda args: messages.advance_message(world, args["message"]))
    register("twilio.advance_call", lambda args: messages.advance_call(world, args["call"]))


def _settle_refund(world: World, args: Document) -> None:
    refund = world.store.get("refund", args["refund"]) or {}
    if refund.get("status") in {"pending", "succeeded"}:
        refunds.settle_refund(world, args["refund"], succeeds=args["succeeds"])


def _apply_config(world: World) -> None:
    config = world.config
    world.sms_rules.step_seconds = config.delivery_step_seconds
    world.sms_rules.inbound_url = config.twilio_inbound_url
    events.set_configured_endpoint(
        world, url=config.stripe_webhook_url, secrets=list(config.stripe_webhook_secrets)
    )
    world.store.flush()


def reset_world(world: World) -> None:
    """Forget all that happened and go back to the configured settings."""
    world.resets += 1
    world.scheduler.cancel_running()
    world.store.reset()
    world.clock.offset = 0.0
    for plan in (world.stripe_faults, world.twilio_faults, world.llm_faults):
        plan.clear()
        plan.committed.clear()
    world.twilio_requests.clear()
    for courier in (world.stripe_courier, world.twilio_courier):
        courier.reset()
    world.mail_rules.by_text.clear()
    world.sms_rules = SmsRules()
    world.llm_rules = LlmRules()
    _apply_config(world)


def _advance_clock(world: World, given: Document) -> Document:
    world.clock.advance(float(given["seconds"]))
    world.store.save("settings", {"id": "clock", "offset": world.clock.offset})
    world.scheduler.run_due()
    world.scheduler.wake()
    return {"now": world.clock.now(), "offset": world.clock.offset}


def _reset(world: World, _: Document) -> dict[str, Any]:
    reset_world(world)
    return {}


def _behave(world: World, _: Document) -> dict[str, Any]:
    """Drop every planned fault, rule and refusal; held deliveries stay held."""
    for plan in (world.stripe_faults, world.twilio_faults, world.llm_faults):
        plan.clear()
    world.llm_rules.mood, world.llm_rules.moods = "good", []
    for courier in (world.stripe_courier, world.twilio_courier):
        courier.reset()
    world.mail_rules.by_text.clear()
    world.sms_rules.error_by_number.clear()
    world.sms_rules.call_by_number.clear()
    return {}


ACTIONS_BY_NAME = {"behave": _behave, "clock": _advance_clock, "reset": _reset}
