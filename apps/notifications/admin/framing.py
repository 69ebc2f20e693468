"""How a mail is shown in a frame of a page: its own styles, no script, no request to anywhere."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE

MAIL_POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "frame-ancestors": [SELF],
    "sandbox": [True],
    # Left to default-src.
    **dict.fromkeys(
        ["script-src", "connect-src", "font-src", "media-src", "form-action", "manifest-src"]
    ),
}
