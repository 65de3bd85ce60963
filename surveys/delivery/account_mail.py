"""Sign-up and reset mails as deliveries: a mail server that hangs hangs no page."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    pass
