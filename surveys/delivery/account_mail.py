"""Sign-up and reset mails as deliveries: a mail server that hangs hangs no page."""

from surveys.accounts.signup import SignupRules


class AccountAdapter(SignupRules):
    pass
