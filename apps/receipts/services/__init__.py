"""What receipts does: issue what an order's sale calls for, seal it, verify a file."""

from apps.receipts.services.files import (
    file_headers,
    link_to,
    open_by_link,
    open_own,
    read_file,
)
from apps.receipts.services.issuing import settle_documents
from apps.receipts.services.mailing import MAIL, link_secrets, mail_document
from apps.receipts.services.rendering import render_pdf
from apps.receipts.services.sealing import (
    seal_document,
    seal_waiting,
    signing_fingerprint,
    watch_certificate,
)
from apps.receipts.services.showing import papers_for_customer
from apps.receipts.services.verifying import LARGEST_CHECKED, REASONS, Verdict, verify_file

__all__ = [
    "LARGEST_CHECKED",
    "MAIL",
    "REASONS",
    "Verdict",
    "file_headers",
    "link_secrets",
    "link_to",
    "mail_document",
    "open_by_link",
    "open_own",
    "papers_for_customer",
    "read_file",
    "render_pdf",
    "seal_document",
    "seal_waiting",
    "settle_documents",
    "signing_fingerprint",
    "verify_file",
    "watch_certificate",
]
