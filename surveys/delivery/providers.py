"""What each mail provider needs to be told, how what was told is tried out, and what its backend is made of. Pure data.

The names are those that django-anymail's backend of the provider takes (`options` and `secrets` of a MailAccount); those
of the webhooks are `webhook_key`, `webhook_login` and `sns_topics`. docs/mail-providers.md says what people see.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.delivery.models import Provider

Text = str | Promise


class As(StrEnum):
    TEXT = "text"
    SECRET = "secret"
    CHOICE = "choice"


@dataclass(frozen=True)
class Field:
    name: str
    label: Text
    kind: As = As.TEXT
    is_required: bool = True
    help: Text = ""
    choices: tuple[tuple[str, Text], ...] = ()  # the first is the default
    default: str = ""

    @property
    def is_secret(self) -> bool:
        return self.kind is As.SECRET


class Trying(StrEnum):
    """How credentials are tried out without sending anything."""

    SIGN_IN = "sign in"  # SMTP: connect, TLS, sign in
    ASK = "ask"  # a call that only somebody with the key may make
    EMPTY = "empty"  # a message without content: refused for that, or before that for the key


@dataclass(frozen=True)
class Spec:
    """`regions` are values of the field `region` with the address of the provider's API there."""

    fields: tuple[Field, ...]
    trying: Trying = Trying.EMPTY
    ask: tuple[str, str] = ("GET", "")  # method and path under the API's address
    regions: tuple[tuple[str, str], ...] = ()
    backend: str = ""  # of anymail; "" is SMTP


def _secret(name: str, label: Text, *, required: bool = True, note: Text = "") -> Field:
    return Field(name, label, As.SECRET, required, note)


_API_KEY: Final = _secret("api_key", _("API key"))
_LOGIN: Final = _secret(
    "webhook_login",
    _("User and password of its calls"),
    required=False,
    note=_("As user:password, when you have told the provider to sign in with HTTP basic authentication."),
)


def _signed(label: Text, note: Text) -> Field:
    return _secret("webhook_key", label, required=False, note=note)


_SIGNING_NOTE: Final = _("The provider shows it beside the webhook. With it nobody else can report anything.")
_EUROPE: Final = (("us", _("United States")), ("eu", _("Europe")))

# Those that report by webhook what became of mails.
REPORTING: Final = tuple(each for each in Provider if each not in (Provider.SMTP, Provider.SCALEWAY))
# Those of them whose SMTP servers take a name for the message that their reports repeat; see delivery.reporting.
_BY_SMTP: Final = tuple(each for each in REPORTING if each not in (Provider.MAILERSEND, Provider.UNISENDER_GO))

_SMTP: Final = (
    Field("host", _("Server"), help=_("Such as smtp.example.com.")),
    Field("port", _("Port"), default="587", help=_("587 is usual; 465 with TLS from the start.")),
    Field(
        "security",
        _("Encryption"),
        As.CHOICE,
        choices=(("starttls", _("STARTTLS (587)")), ("tls", _("TLS from the start (465)")), ("none", _("None"))),
    ),
    Field("username", _("User name"), is_required=False),
    _secret("password", _("Password"), required=False),
    Field(
        "hook_provider",
        _("Reports come from"),
        As.CHOICE,
        is_required=False,
        help=_("When the server belongs to one of these: what it reports by webhook is understood."),
        choices=(("", _("nobody")), *((each.value, each.label) for each in _BY_SMTP)),
    ),
    _LOGIN,
    _signed(_("Key that it signs with"), ""),
)
_SES: Final = (
    Field(
        "region",
        _("Region"),
        default="eu-west-1",
        help=_("Such as eu-west-1: that of the SES console where your domain is verified."),
    ),
    Field("username", _("SMTP user name"), help=_("Made in the SES console under SMTP settings; not an access key.")),
    _secret("password", _("SMTP password")),
    Field(
        "configuration_set",
        _("Configuration set"),
        is_required=False,
        help=_("One that publishes bounces, complaints and deliveries to an SNS topic."),
    ),
    Field(
        "sns_topics",
        _("SNS topics"),
        is_required=False,
        help=_("Their ARNs, separated by commas: only what they send is believed."),
    ),
)

SPECS: Final = {
    Provider.SMTP: Spec(_SMTP, Trying.SIGN_IN),
    Provider.AMAZON_SES: Spec(_SES, Trying.SIGN_IN),
    Provider.BREVO: Spec((_API_KEY, _LOGIN), Trying.ASK, ("GET", "account"), backend="brevo"),
    Provider.MAILERSEND: Spec(
        (_secret("api_token", _("API token")), _signed(_("Signing secret"), _SIGNING_NOTE)), backend="mailersend"
    ),
    Provider.MAILGUN: Spec(
        (
            Field("region", _("Region"), As.CHOICE, choices=_EUROPE),
            Field("sender_domain", _("Domain"), help=_("As in Mailgun under Sending: such as mg.example.com.")),
            _secret("api_key", _("API key"), note=_("A sending key of the domain is enough.")),
            _signed(_("HTTP webhook signing key"), _SIGNING_NOTE),
        ),
        regions=(("us", "https://api.mailgun.net/v3/"), ("eu", "https://api.eu.mailgun.net/v3/")),
        backend="mailgun",
    ),
    Provider.MAILJET: Spec((_API_KEY, _secret("secret_key", _("Secret key")), _LOGIN), backend="mailjet"),
    Provider.MAILTRAP: Spec(
        (
            _secret("api_token", _("API token")),
            Field("sandbox_id", _("Sandbox"), is_required=False, help=_("Its number, to try things out there.")),
            _signed(_("Signature secret"), _SIGNING_NOTE),
        ),
        backend="mailtrap",
    ),
    Provider.MANDRILL: Spec(
        (_API_KEY, _signed(_("Webhook key"), _SIGNING_NOTE)),
        Trying.ASK,
        ("POST", "users/ping2.json"),
        backend="mandrill",
    ),
    Provider.POSTAL: Spec(
        (
            Field("api_url", _("Address of your Postal"), help=_("Such as https://postal.example.com.")),
            _secret("api_key", _("API key"), note=_("A credential of type API, of a mail server in Postal.")),
            _signed(_("Public key"), _("Of the key that Postal signs its webhooks with; the text between the dashes.")),
        ),
        backend="postal",
    ),
    Provider.POSTMARK: Spec(
        (
            _secret("server_token", _("Server API token")),
            Field(
                "message_stream",
                _("Message stream"),
                is_required=False,
                help=_("Surveys to many people at once belong into a stream for broadcasts, such as “broadcast”."),
            ),
            _LOGIN,
        ),
        Trying.ASK,
        ("GET", "server"),
        backend="postmark",
    ),
    Provider.RESEND: Spec((_API_KEY, _signed(_("Signing secret"), _SIGNING_NOTE)), backend="resend"),
    Provider.SCALEWAY: Spec(
        (
            Field("region", _("Region"), default="fr-par"),
            Field("project_id", _("Project ID")),
            _secret("secret_key", _("Secret key")),
        ),
        backend="scaleway",
    ),
    Provider.SENDGRID: Spec(
        (
            Field("region", _("Region"), As.CHOICE, choices=(("global", _("Global")), ("eu", _("Europe")))),
            _API_KEY,
            _signed(_("Verification key"), _SIGNING_NOTE),
        ),
        Trying.ASK,
        ("GET", "scopes"),
        regions=(("global", "https://api.sendgrid.com/v3/"), ("eu", "https://api.eu.sendgrid.com/v3/")),
        backend="sendgrid",
    ),
    Provider.SPARKPOST: Spec(
        (
            Field("region", _("Region"), As.CHOICE, choices=_EUROPE),
            _API_KEY,
            Field("subaccount", _("Subaccount"), is_required=False, help=_("Its number, if you use one.")),
            _LOGIN,
        ),
        regions=(("us", "https://api.sparkpost.com/api/v1/"), ("eu", "https://api.eu.sparkpost.com/api/v1/")),
        backend="sparkpost",
    ),
    Provider.UNISENDER_GO: Spec(
        (
            Field("region", _("Data center"), As.CHOICE, choices=(("go1", "go1"), ("go2", "go2"))),
            _API_KEY,
        ),
        Trying.ASK,
        ("POST", "system/info.json"),
        regions=(
            ("go1", "https://go1.unisender.ru/en/transactional/api/v1/"),
            ("go2", "https://go2.unisender.ru/en/transactional/api/v1/"),
        ),
        backend="unisender_go",
    ),
}

# Fields of the provider's calls to us; what a mail is sent with does not need them.
OF_WEBHOOKS: Final = frozenset({"webhook_key", "webhook_login", "sns_topics", "hook_provider"})


def spec(provider: str) -> Spec:
    return SPECS[Provider(provider)]


def field_names(provider: str, *, secret: bool) -> list[str]:
    return [field.name for field in spec(provider).fields if field.is_secret is secret]
