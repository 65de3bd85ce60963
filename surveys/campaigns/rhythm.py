"""When a campaign asks, in a sentence."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.campaigns.models import Campaign, Kind, Trigger

_HOUR, _DAY = 60, 24 * 60


def told(campaign: Campaign) -> str:
    """ "Everybody in the audience has a turn every 90 days, some of them each day." """
    if campaign.kind == Kind.RECURRING:
        text = ngettext(
            "Everybody in the audience has a turn every day.",
            "Everybody in the audience has a turn every %(n)d days, some of them each day.",
            campaign.every_days or 1,
        )
        return text % {"n": campaign.every_days}
    if campaign.kind == Kind.TRIGGERED:
        return _of_event(campaign) if campaign.trigger == Trigger.EVENT else _of_date(campaign)
    return _("Everybody in the audience is asked once.")


def _of_event(campaign: Campaign) -> str:
    values = {"event": campaign.event_kind, "delay": duration(campaign.delay_minutes)}
    if not campaign.delay_minutes:
        return _("Asks as soon as “%(event)s” happened to somebody.") % values
    return _("Asks %(delay)s after “%(event)s” happened to somebody.") % values


def _of_date(campaign: Campaign) -> str:
    values = {"property": campaign.date_property, "delay": duration(abs(campaign.delay_minutes))}
    if not campaign.delay_minutes:
        return _("Asks on the day that “%(property)s” says.") % values
    if campaign.delay_minutes < 0:
        return _("Asks %(delay)s before the day that “%(property)s” says.") % values
    return _("Asks %(delay)s after the day that “%(property)s” says.") % values


def duration(minutes: int) -> str:
    """In the largest unit that it is a whole number of."""
    if minutes % _DAY == 0:
        text, count = ngettext("%(n)s day", "%(n)s days", minutes // _DAY), minutes // _DAY
    elif minutes % _HOUR == 0:
        text, count = ngettext("%(n)s hour", "%(n)s hours", minutes // _HOUR), minutes // _HOUR
    else:
        text, count = ngettext("%(n)s minute", "%(n)s minutes", minutes), minutes
    return text % {"n": number_format(count, force_grouping=True)}
