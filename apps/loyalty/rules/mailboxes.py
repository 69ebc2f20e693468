"""Which spellings of an address reach one mailbox. Pure."""

# They ignore dots before the @: https://support.google.com/mail/answer/7436150
_DOTLESS = {"gmail.com", "googlemail.com"}


def mailbox_key(email: str) -> str:
    """Return one spelling for all addresses that reach the same mailbox, "" for none.

    In lower case, without what follows a "+" (RFC 5233's subaddress, which the large providers
    deliver to the same mailbox), and for Google without dots. Other providers' aliases are not
    known from outside.
    """
    local, _, domain = email.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}" if local and domain else ""
