"""Sign-up and reset mails as deliveries: a mail server that hangs hangs no page."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from surveys.accounts import browsers, signup
from surveys.accounts.lockout import LockoutMixin
from surveys.delivery import actions


class AccountAdapter(LockoutMixin):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return signup.is_open()

    def send_notification_mail(self, template_prefix: str, *arguments: Any, **more: Any) -> None:
        """About every change of how one signs in. That an address was confirmed, whoever confirmed it has just seen."""
        if template_prefix != "account/email/email_confirm":
            super().send_notification_mail(template_prefix, *arguments, **more)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Rendered from allauth's templates (ours: templates/account/email), then kept as a row; a task sends it."""
        known = {
            **{name: _public(value) if name.endswith("_url") else value for name, value in context.items()},
            "email": email,
            "product_name": settings.PRODUCT_NAME,
            "public_url": settings.PUBLIC_URL,
            "browser": browsers.in_words(
                str(context.get("user_agent", ""))
            ),  # never what a browser says: it may be a link
        }
        message = self.render_mail(template_prefix, email, known)
        text = str(message.body)
        parts = {"subject": message.subject, "text": text, "language": translation.get_language()}
        html = render_to_string("emails/account/message.html", parts)
        actions.enqueue_system(to=email, subject=message.subject, text=text, html=html, at=timezone.now())


def _public(address: str) -> str:
    """The same page at PUBLIC_URL: a link in a mail never follows the Host header of whoever asked for the mail."""
    parts = urlsplit(str(address))
    return f"{settings.PUBLIC_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")
