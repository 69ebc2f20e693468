"""The page with the demo staff's one-time codes."""

import re
import urllib.request

from bakery.demo.people import PEOPLE, one_time_code


def test_codes_follow_rfc_6238():
    # Appendix B of RFC 6238, SHA-1, cut to six digits.
    key = b"12345678901234567890".hex()
    assert one_time_code(key, at=59) == "287082"
    assert one_time_code(key, at=1111111109) == "081804"
    assert one_time_code(key, at=20000000000) == "353130"


def test_the_page_names_everybody_and_a_code_for_each_of_the_staff(sandbox):
    with urllib.request.urlopen(f"{sandbox.url}/authenticator") as reply:
        page, refresh = reply.read().decode(), int(reply.headers["Refresh"])
    assert all(person.email in page for person in PEOPLE)
    staff = [person for person in PEOPLE if person.totp_key]
    assert len(re.findall(r"<code>\d{6}</code>", page)) == len(staff)
    assert 1 <= refresh <= 30
