"""nginx's configuration, in a real nginx when one is installed."""

import datetime
import http.client
import http.server
import json
import re
import shutil
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bakery.sandbox.engines.ports import find_free_port, is_port_free
from tests.architecture.access_rules import RULES

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


# The certificate is made below and signed by nobody.
TRUSTING = ssl.create_default_context()
TRUSTING.check_hostname = False
TRUSTING.verify_mode = ssl.CERT_NONE


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked, and by whom it was called."""

    protocol_version = "HTTP/1.1"
    # Head and body in one packet: apart they would wait 40 ms for each other.
    wbufsize = -1

    def do_GET(self):
        body = json.dumps(
            {"served_by": self.server.name, "path": self.path, "headers": dict(self.headers)}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *args):
        """Stay quiet."""


def serve(name):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.name = name
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def write_certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """The project's configuration with only addresses and paths replaced; (http, https) bases."""
    folder = tmp_path_factory.mktemp("nginx")
    write_certificate(folder)
    web, live = serve("web"), serve("live")
    plain, secure = find_free_port(), find_free_port()
    config = (ROOT / "deploy" / "nginx" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("/tmp/", f"{folder}/"),  # noqa: S108 - what is replaced, not used
        ("server web:8000;", f"server 127.0.0.1:{web.server_port};"),
        ("server live:8001;", f"server 127.0.0.1:{live.server_port};"),
        ("listen 8080", f"listen 127.0.0.1:{plain}"),
        ("listen 8443", f"listen 127.0.0.1:{secure}"),
        ("/etc/nginx/tls", str(folder)),
        ("/dev/stderr", f"{folder}/error.log"),
        ("/dev/stdout", f"{folder}/access.log"),
    ):
        assert old in config
        config = config.replace(old, new)
    file = folder / "nginx.conf"
    # As root nginx would hand its workers to a user that cannot enter pytest's folders.
    user = "user root;\n" if folder.owner() == "root" else ""
    file.write_text(user + config, encoding="utf-8")
    tested = subprocess.run(
        [NGINX, "-t", "-c", str(file)], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stderr
    process = subprocess.Popen([NGINX, "-c", str(file), "-g", "daemon off;"])
    for _ in range(200):
        if not is_port_free(secure):
            break
        threading.Event().wait(0.02)
    yield f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", folder
    process.terminate()
    process.wait(60)
    web.shutdown()
    live.shutdown()


def ask(url, headers=None, data=None):
    request = urllib.request.Request(url, headers=headers or {}, data=data)
    try:
        with urllib.request.urlopen(request, context=TRUSTING, timeout=60) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def test_http_goes_to_web_and_sockets_to_live(proxy):
    _, secure, _ = proxy
    assert ask(f"{secure}/api/v1/products/?a=1")[1]["served_by"] == "web"
    assert ask(f"{secure}/api/v1/products/?a=1")[1]["path"] == "/api/v1/products/?a=1"
    status, seen = ask(f"{secure}/ws/board/", {"Connection": "Upgrade", "Upgrade": "websocket"})
    assert (status, seen["served_by"]) == (200, "live")
    assert seen["headers"]["Upgrade"] == "websocket"


@pytest.mark.parametrize("path", ["/", "/ws/board/", "/webhooks/stripe/"])
def test_a_client_cannot_choose_its_address(proxy, path):
    _, secure, _ = proxy
    forged = {
        "X-Forwarded-For": "203.0.113.7, garbage",
        "X-Real-IP": "203.0.113.7",
        "Forwarded": "for=203.0.113.7",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
    }
    headers = {k.lower(): v for k, v in ask(f"{secure}{path}", forged)[1]["headers"].items()}
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert not {"x-real-ip", "forwarded", "x-forwarded-host"} & set(headers)


def test_plain_http_only_redirects(proxy):
    plain, _, _ = proxy

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(Stay)
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(f"{plain}/console/", timeout=60)
    assert caught.value.code == 308
    assert caught.value.headers["Location"].startswith("https://")
    assert ask(f"{plain}/livez")[1]["served_by"] == "web"


def test_large_bodies_stop_at_the_door(proxy):
    _, secure, _ = proxy
    assert ask(f"{secure}/webhooks/stripe/", data=b"x" * 300_000)[0] == 413
    assert ask(f"{secure}/webhooks/stripe/", data=b"x" * 200_000)[0] == 200
    assert ask(f"{secure}/api/v1/orders/", data=b"x" * 2_200_000)[0] == 413
    for door in (
        "api/v1/staff/products/7/pictures",
        "console/catalog/product/7/change/",
        "api/v1/custom-cakes/x.y/photos",
        "custom-cakes/r/x.y/edit/",
        "custom-cakes/",
    ):
        assert ask(f"{secure}/{door}", data=b"x" * 10_400_000)[0] == 200
        assert ask(f"{secure}/{door}", data=b"x" * 12_000_000)[0] == 413


def test_access_log_has_no_query_strings(proxy):
    _, secure, folder = proxy
    ask(f"{secure}/orders/1?token=very-secret")
    log = folder / "access.log"
    for _ in range(200):
        if "/orders/1" in log.read_text():
            break
        threading.Event().wait(0.02)
    assert re.search(r'"GET /orders/1"', log.read_text())
    assert "very-secret" not in log.read_text()


def test_access_log_has_no_keys_of_links(proxy):
    _, secure, folder = proxy
    links = [route for route in RULES if "<str:token>" in route]
    for route in links:
        ask(f"{secure}/{route.replace('<str:token>', 'very-secret')}")
    order = "6f3f4a55-9a38-4f2a-8c1f-5b8f6c1e9d1a"
    ask(f"{secure}/orders/{order}/receipts/")
    ask(f"{secure}/the-last-one")
    log = folder / "access.log"
    for _ in range(200):
        if "/the-last-one" in log.read_text():
            break
        threading.Event().wait(0.02)
    assert len(links) > 6
    assert '"GET /orders/-/receipts/"' in log.read_text()
    assert '"GET /preferences/confirm/-"' in log.read_text()
    assert '"GET /custom-cakes/r/-/edit/"' in log.read_text()
    assert '"GET /api/v1/custom-cakes/-/photos"' in log.read_text()
    assert "very-secret" not in log.read_text()
    assert order not in log.read_text()


def test_a_flood_from_one_address_is_limited(proxy):
    _, secure, _ = proxy
    host, port = secure.removeprefix("https://").split(":")
    connection = http.client.HTTPSConnection(host, int(port), context=TRUSTING, timeout=60)
    codes = []
    for _ in range(150):
        connection.request("GET", "/")
        reply = connection.getresponse()
        reply.read()
        codes.append(reply.status)
    connection.close()
    assert codes[0] == 200
    assert 429 in codes
