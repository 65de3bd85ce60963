"""An answer to a message in the mailbox, as mail programs write it."""

import smtplib
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr

from django.conf import settings

from nps_app.local.mailbox.store import Stored


def addressee(stored: Stored) -> str:
    return parseaddr(stored.header("Reply-To") or stored.header("From"))[1]


def send(stored: Stored, text: str) -> None:
    """From its first recipient. Raises OSError and SMTPException."""
    sender, to = next(iter(stored.recipients), "somebody@example.com"), addressee(stored)
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=settings.EMAIL_TIMEOUT) as server:
        server.send_message(_written(stored, text, sender, to), sender, [to])


def _written(stored: Stored, text: str, sender: str, to: str) -> EmailMessage:
    subject, named = _line(stored.header("Subject")), _line(stored.header("Message-ID"))
    made = EmailMessage()
    made["From"], made["To"] = sender, to
    made["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    made["Message-ID"] = make_msgid(domain="mailbox.localhost")
    if named:
        made["In-Reply-To"], made["References"] = named, f"{_line(stored.header('References'))} {named}".strip()
    quoted = "\n".join(f"> {line}" for line in stored.text.splitlines())
    made.set_content(
        f"{text}\n\nOn {_line(stored.header('Date'))}, {_line(stored.header('From'))} wrote:\n\n{quoted}\n"
    )
    return made


def _line(header: str) -> str:
    return " ".join(header.split())
