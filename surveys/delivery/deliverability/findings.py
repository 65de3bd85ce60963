"""What stands out on the page, each with what to do about it in plain words. The worst first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.core.proportions import Rate
from surveys.delivery.deliverability import rates, words
from surveys.delivery.deliverability.queries import Named, Road
from surveys.delivery.deliverability.rates import Level, Limits, Tally
from surveys.delivery.hooks import roads as hooks


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Finding:
    """`kind` is the class of a callout."""

    kind: str
    title: str
    text: str = ""
    advice: Sequence[str] = ()
    links: Sequence[Link] = field(default_factory=list)


def findings(by: Membership, found: Tally, named: Iterable[Named], road: Road, *, at: datetime) -> list[Finding]:
    """`found` is all of the period, `named` those to whom most of it went."""
    links = _Links(by)
    several = [
        *_of_rates(found, links),
        *_of_names(found, named, links),
        *_of_road(road, links, at),
        *_of_news(found, road, links),
    ]
    order = ["danger", "warn", "", "quiet"]
    return sorted(several, key=lambda finding: order.index(finding.kind))


@dataclass(frozen=True)
class _Links:
    """Pages where things are mended; none that the reader may not open."""

    by: Membership

    def to(self, label: str, name: str, permission: Permission | None = None) -> list[Link]:
        if permission and not access.can(self.by, permission):
            return []
        return [Link(label, access.url(self.by.organization, name))]

    @property
    def domain(self) -> list[Link]:
        return self.to(_("Check the sending domain"), "accounts:domain", Permission.MANAGE_ORGANIZATION)

    @property
    def asking(self) -> list[Link]:
        return self.to(_("How often people are asked"), "asking:settings", Permission.MANAGE_ORGANIZATION)

    @property
    def suppressions(self) -> list[Link]:
        return self.to(_("Addresses that are not mailed"), "customers:suppressions")

    @property
    def told(self) -> list[Link]:
        return self.to(_("What mail providers tell"), "delivery:told")

    @property
    def account(self) -> list[Link]:
        return self.to(_("Mail provider"), "delivery:account", Permission.MANAGE_ORGANIZATION)


# ── Rates of all mails ───────────────────────────────────────────────────────────────────────────────────────────────


def _of_rates(found: Tally, links: _Links) -> Iterator[Finding]:
    level = rates.level(found.complaints, rates.COMPLAINTS)
    if level in (Level.HIGH, Level.WATCH):
        title = _("Too many people report these mails as spam") if level == Level.HIGH else _("Reports of spam add up")
        text = _stand(found.complaints, rates.COMPLAINTS)
        yield Finding(_kind(level), title, text, _about_complaints(), [*links.asking, *links.domain])
    level = rates.level(found.bounces, rates.BOUNCES)
    if level in (Level.HIGH, Level.WATCH):
        title = _("Too many mails come back") if level == Level.HIGH else _("More mails come back than should")
        text = _stand(found.bounces, rates.BOUNCES)
        yield Finding(_kind(level), title, text, _about_bounces(), [*links.suppressions, *links.domain])


def _kind(level: Level) -> str:
    return "danger" if level == Level.HIGH else "warn"


def _stand(rate: Rate, limits: Limits) -> str:
    text = _("%(value)s, probably %(range)s. Large providers recommend less than %(warn)s and act from %(stop)s.")
    return text % {
        "value": words.value_of(rate),
        "range": words.range_of(rate),
        "warn": words.limit(limits.warn),
        "stop": words.limit(limits.stop),
    }


def _about_complaints() -> list[str]:
    return [
        _(
            "Ask those who know you: people who bought or used something in the last months, and not whoever is on a list."
        ),
        _("Ask less often. Nobody minds a question a year; a question a month is spam to many."),
        _("Use a sender name and a subject by which people recognize you, and your own domain."),
        _(
            "People from old or bought lists: write to them by other means and ask whether they want this, before you mail."
        ),
    ]


def _about_bounces() -> list[str]:
    return [
        _(
            "Addresses that came back are not mailed again. If many came from one list, do not mail the rest of that list."
        ),
        _("Take the addresses from where they are kept up to date, such as your billing, and import them again."),
        _(
            "Ask people soon after they gave you their address: of addresses that are years old many do not exist any more."
        ),
        _("Do not mail addresses that were typed without a mail that confirmed them."),
    ]


# ── One provider among them ──────────────────────────────────────────────────────────────────────────────────────────


def _of_names(found: Tally, named: Iterable[Named], links: _Links) -> Iterator[Finding]:
    """Those who stand out while the whole does not: then it is not the list, but what they think of the sender."""
    if rates.level(found.bounces, rates.BOUNCES) is Level.HIGH:
        return
    bad = [one for one in named if rates.level(one.tally.bounces, rates.BOUNCES) is Level.HIGH]
    for one in bad[:3]:
        title = _("%(name)s sends back more than the others") % {"name": one.name}
        advice = [
            _("This looks less like wrong addresses than like mail that is refused: SPF, DKIM and DMARC come first."),
            _(
                "Send more slowly: spread a campaign over days by its limit per day, and begin with those who know you best."
            ),
        ]
        yield Finding("warn", title, _stand(one.tally.bounces, rates.BOUNCES), advice, links.domain)


# ── The road ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_road(road: Road, links: _Links, at: datetime) -> Iterator[Finding]:
    if road.state and road.account:
        text = _("Mail waits, and nothing is lost. The last try: %(problem)s") % {"problem": road.state.problem}
        yield Finding("danger", _("Your mail provider cannot be reached"), text, [], links.account)
    elif road.state:
        text = _("Mail waits, and nothing is lost. Whoever runs this server sees it, too.")
        yield Finding("danger", _("The mail server of this installation cannot be reached"), text)
    for pace in road.slowed:
        yield _slowed(pace.key.rpartition(":")[2], pace.slowed_rate or 0.0, pace.reason)


def _slowed(domain: str, rate: float, reason: str) -> Finding:
    text = _(
        "Its server asked for less. Mail to it leaves more slowly for a while, about %(n)s a minute, and then recovers."
    )
    said = _("It said: %(reason)s") % {"reason": reason} if reason else ""
    title = _("%(domain)s takes mail slowly") % {"domain": domain}
    return Finding("", title, f"{text % {'n': words.count(max(1, round(rate * 60)))}} {said}".strip())


# ── What is told afterwards ──────────────────────────────────────────────────────────────────────────────────────────


def _of_news(found: Tally, road: Road, links: _Links) -> Iterator[Finding]:
    if road.unread:
        title = ngettext(
            "%(n)s report of your provider could not be understood",
            "%(n)s reports of your provider could not be understood",
            road.unread,
        ) % {"n": words.count(road.unread)}
        text = _("They are kept, and what they tell is not in these counts.")
        yield Finding("warn", title, text, [], links.told)
    if not tells(found, road):
        yield _nothing_told(road, links)


def tells(found: Tally, road: Road) -> bool:
    """The provider reports what happens later: without that, no complaint is no good news."""
    return road.told_at is not None or found.complained > 0


def _nothing_told(road: Road, links: _Links) -> Finding:
    title = _("Reports of spam, and mails that come back later, are not known")
    if road.account and not hooks.provider_of(road.account):
        text = _(
            "A plain mail server tells nothing afterwards. Counted are mails that it refused at once, and unsubscribes."
        )
        advice = [_("Use an account with a provider that reports, such as Postmark, Mailgun or Amazon SES.")]
    elif road.account:
        text = _(
            "Your provider has told nothing so far. Until its webhook is set up, only mails refused at once are counted."
        )
        advice = [_("Copy the webhook's address from the page of your mail account into your provider's settings.")]
    else:
        text = _(
            "The mail provider of this server has told nothing so far. Counted are mails that were refused at once."
        )
        advice = [
            _("Whoever runs this server can set up the provider's webhook; the operator's page Mail has its address.")
        ]
    advice.append(_("Gmail tells nobody who complained: its Postmaster Tools show the rate to who owns the domain."))
    return Finding("quiet", title, text, advice, links.account if road.account else [])
