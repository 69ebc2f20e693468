"""What the user's environment replaces, and what it cannot replace by halves."""

import socket
import stat

import pytest

from bakery.sandbox.engines.ports import find_free_port
from bakery.sandbox.keys import load_keys, make_keys
from bakery.sandbox.runtime.environment import Misconfigured, Parts, Ports, compose_environment
from bakery.sandbox.runtime.installation import Installation
from bakery.sandbox.runtime.platform import choose_ports, refuse_taken_ports

PORTS = Ports(web=1, live=2, sandbox=3, smtp=4, postgres=5, valkey=6)
STRIPE = {"STRIPE_SECRET_KEY": "sk_test_mine", "STRIPE_WEBHOOK_SECRETS": "whsec_mine"}
TWILIO = {"TWILIO_ACCOUNT_SID": "ACmine", "TWILIO_AUTH_TOKEN": "mine", "TWILIO_FROM": "+1"}


def compose(given):
    parts = Parts.needed(given)
    return compose_environment(given, parts=parts, ports=PORTS, keys=make_keys(), var="/v")


def test_nothing_named_means_everything_stands_in():
    env = compose({})
    assert env["DATABASE_URL"].startswith("postgres://bakery_app:")
    assert env["MIGRATE_DATABASE_URL"].startswith("postgres://bakery_owner:")
    assert [env[n][-1] for n in ("REDIS_URL", "CACHE_URL", "CHANNELS_URL")] == ["0", "1", "2"]
    assert env["STRIPE_API_BASE"] == "http://127.0.0.1:3/stripe"
    assert env["EMAIL_URL"] == "smtp://127.0.0.1:4"
    assert env["PUBLIC_BASE_URL"] == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("given", "part", "absent"),
    [
        ({"DATABASE_URL": "postgres://u@h/d"}, "postgres", {"MIGRATE_DATABASE_URL"}),
        ({"REDIS_URL": "redis://h/0"}, "valkey", {"CACHE_URL", "CHANNELS_URL"}),
        (STRIPE, "stripe", {"STRIPE_API_BASE", "STRIPE_WEBHOOK_URL"}),
        (TWILIO, "twilio", {"TWILIO_API_BASE"}),
        ({"EMAIL_URL": "smtp://h"}, "mail", set()),
    ],
)
def test_a_named_part_replaces_its_stand_in_and_no_other(given, part, absent):
    parts = Parts.needed(given)
    assert getattr(parts, part) is False
    others = {"postgres", "valkey", "stripe", "twilio", "mail"} - {part}
    assert all(getattr(parts, other) for other in others)
    env = compose(given)
    assert {name: env[name] for name in given} == given
    assert absent & set(env) == set()


def test_sandbox_is_not_started_when_nothing_is_left_to_stand_in_for():
    assert not Parts.needed({**STRIPE, **TWILIO, "EMAIL_URL": "smtp://h"}).services
    assert Parts.needed({**STRIPE, **TWILIO}).services


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"STRIPE_SECRET_KEY": "sk"}, "STRIPE_WEBHOOK_SECRETS"),
        ({"STRIPE_WEBHOOK_SECRETS": "w"}, "STRIPE_SECRET_KEY"),
        ({"TWILIO_ACCOUNT_SID": "AC", "TWILIO_AUTH_TOKEN": "t"}, "TWILIO_FROM"),
    ],
)
def test_half_a_replacement_is_refused_in_one_line(given, missing):
    with pytest.raises(Misconfigured) as caught:
        Parts.needed(given)
    assert missing in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_taken_port_is_one_clear_line(tmp_path):
    installation = Installation(tmp_path / "var")
    installation.prepare()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        free = {
            n: str(find_free_port()) for n in ("LIVE_PORT", "SANDBOX_PORT", "SANDBOX_SMTP_PORT")
        }
        ports = choose_ports(installation, {"WEB_PORT": str(port), **free})
        with pytest.raises(Misconfigured) as caught:
            refuse_taken_ports(ports, Parts.needed({}))
    assert str(caught.value).startswith(f"port taken: {port} (WEB_PORT); ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["abc", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path, value):
    installation = Installation(tmp_path / "var")
    installation.prepare()
    with pytest.raises(Misconfigured, match="is not a port number"):
        choose_ports(installation, {"WEB_PORT": value})


def test_engines_keep_their_ports_from_run_to_run(tmp_path):
    installation = Installation(tmp_path / "var")
    installation.prepare()
    first = choose_ports(installation, {})
    installation.write("ports.json", {n: first[n] for n in ("PG_PORT", "VALKEY_PORT")})
    assert choose_ports(installation, {})["PG_PORT"] == first["PG_PORT"]
    assert choose_ports(installation, {"PG_PORT": "5999"})["PG_PORT"] == 5999


def test_keys_are_made_once_and_private(tmp_path):
    path = tmp_path / "var" / "keys.json"
    keys = load_keys(path)
    assert load_keys(path) == keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(set(keys.values())) == len(keys)
    # A release that adds a key finds the others unchanged.
    path.write_text(path.read_text().replace('"AUDIT_KEY"', '"OLD_KEY"'))
    again = load_keys(path)
    assert again["SECRET_KEY"] == keys["SECRET_KEY"]
    assert again["AUDIT_KEY"] != keys["AUDIT_KEY"]
