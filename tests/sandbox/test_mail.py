"""The mail sink keeps, parses and refuses."""

import smtplib
from email.message import EmailMessage

import pytest
import requests


def make_mail(to="ann@example.com"):
    mail = EmailMessage()
    mail["Subject"] = "Your order is ready: Grüße"
    mail["From"] = "Bakery <hello@bakery.example>"
    mail["To"] = to
    mail.set_content("Dear Änn,\nsee http://127.0.0.1:8000/orders/7?a=1&b=2 for more.\n")
    mail.add_alternative(
        '<p>Dear Änn, <img src="cid:logo@x"> <a href="http://127.0.0.1:8000/o?a=1&amp;b=2">x</a>',
        subtype="html",
    )
    mail.get_payload()[1].add_related(b"GIF89a", "image", "gif", cid="<logo@x>")
    mail.add_attachment(b"%PDF-1.7", "application", "pdf", filename="réceipt.pdf")
    return mail


def send(sandbox, mail, to=None):
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=60) as smtp:
        return smtp.send_message(mail, to_addrs=to)


def test_mails_are_kept_and_parsed(sandbox):
    send(sandbox, make_mail())
    mail = sandbox.mail.wait_for_mail("ann@example.com")
    assert mail["subject"] == "Your order is ready: Grüße"
    assert mail["text"].startswith("Dear Änn,\nsee http")
    assert "Dear Änn" in mail["html"]
    assert mail["links"] == [
        "http://127.0.0.1:8000/o?a=1&b=2",
        "http://127.0.0.1:8000/orders/7?a=1&b=2",
    ]
    assert [(a["name"], a["size"]) for a in mail["attachments"]] == [("réceipt.pdf", 8)]


def test_mails_are_shown_without_scripts(sandbox):
    send(sandbox, make_mail())
    key = sandbox.mail.mails()[0]["id"]
    page = requests.get(f"{sandbox.url}/mails/{key}/html", timeout=60)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    picture = requests.get(f"{sandbox.url}/mails/{key}/cid/logo@x", timeout=60)
    assert (picture.content, picture.headers["Content-Type"]) == (b"GIF89a", "image/gif")
    assert f"/mails/{key}/cid/logo@x" in page.text
    saved = requests.get(f"{sandbox.url}/mails/{key}/attachments/0", timeout=60)
    assert saved.content == b"%PDF-1.7"
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    assert requests.get(f"{sandbox.url}/mails/{key}/attachments/1", timeout=60).status_code == 404
    assert requests.get(f"{sandbox.url}/mails/none/html", timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("address", "code"), [("bounce@example.com", 550), ("Defer.me@x.com", 451)]
)
def test_standing_refusals(sandbox, address, code):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(sandbox, make_mail(), [address])
    assert refused.value.recipients[address][0] == code
    assert sandbox.mail.mails() == []


def test_refusals_by_command(sandbox):
    sandbox.mail.refuse("ann@", 421, "Closing")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(sandbox, make_mail())
    sandbox.mail.accept_all()
    assert send(sandbox, make_mail()) == {}


def test_one_refused_recipient_does_not_spoil_the_others(sandbox):
    refused = send(sandbox, make_mail(), ["ann@example.com", "bounce@example.com"])
    assert list(refused) == ["bounce@example.com"]
    assert sandbox.mail.mails()[0]["recipients"] == ["ann@example.com"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"Subject: =?utf-8?b?!!!?=\n\nx",
        b"Content-Type: text/plain; charset=unknown-8\n\nhi",
        b"Content-Type: multipart/mixed\n\nno boundary",
    ],
)
def test_broken_mails_are_kept(sandbox, raw):
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=60) as smtp:
        smtp.sendmail("a@x.com", ["b@x.com"], raw)
    assert len(sandbox.mail.mails()) == 1
