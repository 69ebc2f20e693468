"""The sandbox as a process: state survives a kill, unfinished deliveries are taken up again."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from bakery.sandbox.client import MailHandle, SandboxClient, StripeHandle, TwilioHandle
from bakery.sandbox.config import SandboxConfig
from bakery.sandbox.server import SandboxServer
from bakery.sandbox.services import read_config
from tests.sandbox.conftest import API_KEY, make_stripe, session_params

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """`python -m bakery.sandbox.services` on two free ports."""

    def __init__(self, data_dir, webhook_url=""):
        self.port, self.smtp_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.arguments = [
            sys.executable, "-m", "bakery.sandbox.services", "--port", str(self.port),
            "--smtp-port", str(self.smtp_port), "--data-dir", str(data_dir),
            "--stripe-webhook-url", webhook_url,
        ]  # fmt: skip
        self.client = SandboxClient(self.url)
        self.start()

    def start(self):
        env = {"PATH": os.environ["PATH"], "STRIPE_SECRET_KEY": API_KEY}
        self.process = subprocess.Popen(
            self.arguments, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.client.wait_until(self.is_up, timeout_s=40)

    def is_up(self):
        assert self.process.poll() is None, self.process.stdout.read()
        try:
            return requests.get(f"{self.url}/health", timeout=60).ok
        except requests.ConnectionError:
            return False

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        output = self.process.communicate(timeout=60)[0].decode()
        return self.process.returncode, output


@pytest.fixture
def process(tmp_path, platform):
    running = Process(tmp_path, f"{platform.url}/webhooks/stripe/")
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.communicate()


@pytest.fixture(scope="module")
def shared_process():
    running = Process(":memory:")
    yield running
    running.stop()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_state_survives(process, platform, how):
    client = make_stripe(process.url)
    handle, twilio = StripeHandle(process.client), TwilioHandle(process.client)
    key = {"idempotency_key": "once"}
    session = client.v1.checkout.sessions.create(params=session_params(), options=key)
    paid = client.v1.checkout.sessions.create(params=session_params())
    handle.set_retry_gaps([3600])
    platform.answers = [500] * 5
    handle.pay(paid.id)
    platform.wait_for(5)
    process.client.wait_until(lambda: all(d["attempts"] for d in handle.deliveries()), timeout_s=5)
    twilio.reply("STOP", from_="+12025550123", to="+14165550199")
    with smtplib.SMTP("127.0.0.1", process.smtp_port) as smtp:
        smtp.sendmail("a@x.com", ["b@x.com"], "Subject: Hi\n\nhello")
    before = len(handle.events())
    process.stop(how)
    process.start()
    again = client.v1.checkout.sessions.create(params=session_params(), options=key)
    assert again.id == session.id
    assert client.v1.checkout.sessions.retrieve(paid.id).payment_status == "paid"
    assert len(handle.events()) == before
    assert twilio.messages()[0]["body"] == "STOP"
    assert MailHandle(process.client).mails()[0]["subject"] == "Hi"
    process.client.control("sandbox", "clock", seconds=3601)
    platform.wait_for(10)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly_even_while_a_request_hangs(process, how):
    StripeHandle(process.client).add_fault("hang", seconds=60)
    with socket.create_connection(("127.0.0.1", process.port)) as hanging:
        hanging.sendall(
            b"GET /stripe/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
            + API_KEY.encode()
            + b"\r\n\r\n"
        )
        code, output = process.stop(how)
    assert code == 0
    assert output.splitlines() == [f"Sandbox at {process.url}, SMTP on port {process.smtp_port}"]


def test_a_taken_port_is_one_clear_line(shared_process):
    arguments = [*shared_process.arguments[:3], "--port", str(shared_process.port)]
    arguments += ["--smtp-port", "0"]
    second = subprocess.run(
        arguments, cwd=ROOT, env={}, capture_output=True, text=True, timeout=20, check=False
    )
    assert second.returncode == 1
    assert second.stderr.startswith("The sandbox cannot listen on port")
    assert len(second.stderr.splitlines()) == 1


def test_the_sandbox_knows_nothing_of_the_platform():
    code = (
        "import sys, json, bakery.sandbox.services as s;"
        "print(json.dumps([m for m in sys.modules"
        " if m.split('.')[0] in ('django', 'celery', 'rest_framework', 'apps')"
        " or m.startswith('bakery.settings')]))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )
    assert json.loads(found.stdout) == []


def test_it_listens_on_loopback_only(shared_process):
    listing = Path("/proc/net/tcp")
    if not listing.exists():
        pytest.skip("needs /proc/net/tcp to list listening sockets")
    ports = {shared_process.port, shared_process.smtp_port}
    addresses = [line.split()[1].split(":") for line in listing.read_text().splitlines()[1:]]
    bound = {int(port, 16): host for host, port in addresses if int(port, 16) in ports}
    assert bound == dict.fromkeys(ports, "0100007F")


def test_arguments_come_before_the_environment(monkeypatch):
    for name, value in {
        "SANDBOX_PORT": "9001",
        "SANDBOX_SMTP_PORT": "9002",
        "SANDBOX_DATA_DIR": "somewhere",
        "STRIPE_WEBHOOK_URL": "http://127.0.0.1:1/",
        "STRIPE_WEBHOOK_SECRET": "whsec_a",
        "STRIPE_SECRET_KEY": "sk_test_1,sk_test_2",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "token",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("STRIPE_WEBHOOK_SECRETS", raising=False)
    config = read_config(["--port", "9003", "--stripe-webhook-secret", "whsec_b"])
    assert (config.port, config.smtp_port, config.data_dir) == (9003, 9002, Path("somewhere"))
    assert config.stripe_webhook_secrets == ("whsec_b",)
    assert config.stripe_api_keys == ("sk_test_1", "sk_test_2")
    assert (config.twilio_account_sid, config.twilio_auth_token) == ("AC1", "token")
    assert read_config([]).stripe_webhook_secrets == ("whsec_a",)


def test_a_server_takes_a_configuration(tmp_path):
    base = SandboxConfig(port=0, smtp_port=0, merchant_name="Sweet Rise")
    with SandboxServer(base, data_dir=tmp_path, stripe_api_keys=("sk_test_only",)) as server:
        make_stripe(server.url, "sk_test_only").v1.checkout.sessions.create(params=session_params())
    with SandboxServer(base, data_dir=tmp_path) as server:
        assert server.config.merchant_name == "Sweet Rise"
        assert len(server.stripe.sessions()) == 1
        server.reset()
    with SandboxServer(base, data_dir=tmp_path) as server:
        assert server.stripe.sessions() == []


def test_a_taken_port_is_an_error_in_a_thread_too(shared_process):
    with pytest.raises(OSError, match="in use"):
        SandboxServer(port=shared_process.port).start()
