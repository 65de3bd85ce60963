"""The record of one customer in words: what happened, and where they stand."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.accounts.models import User
from surveys.core import nps, readable
from surveys.core.choices import Category
from surveys.core.filters import PROPERTY_PREFIX
from surveys.core.timeline import Happening
from surveys.customers import event_words, record_entries
from surveys.customers.actions.changes import MERGED
from surveys.customers.actions.preferences import YEARLY
from surveys.customers.models import ChangeSource, SuppressionReason
from surveys.customers.models.people import said_by
from surveys.customers.queries.record import Visible
from surveys.customers.record_entries import Change, Entry

_COLUMNS: Final = {
    "email": gettext_lazy("Email"),
    "name": gettext_lazy("Name"),
    "external_id": gettext_lazy("External ID"),
    "phone": gettext_lazy("Phone"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "owner": gettext_lazy("Owner"),
    "suppression": gettext_lazy("Mail"),
    "rest_days": gettext_lazy("How often, as wished"),
    "resting_until": gettext_lazy("No surveys before, as wished"),
}


_OF_THE_OTHER: Final = f"{MERGED}."


@dataclass(frozen=True)
class Reader:
    """Turns happenings into entries for one person who looks: some properties are not theirs to see."""

    seen: Visible
    people: Mapping[int, User]
    reasons: Mapping[str, str] = field(default_factory=dict)  # what campaigns call their decisions, by their values
    settling: Collection[int] = ()  # asks with an answer that does not count yet

    def entries(self, happenings: Iterable[Happening]) -> list[Entry]:
        told = list(happenings)
        by_link = [each.at for each in told if each.kind == "unsubscribed"]
        return [entry for each in told if not _is_echo(each, by_link) and (entry := self._entry(each))]

    def _entry(self, each: Happening) -> Entry | None:
        if each.kind == "to_remind" and each.id in self.settling:
            return self._of_campaign(each, _("Going to be reminded, unless the answer that is settling counts by then"))
        told = _SIMPLE.get(each.kind)
        if told:
            text, mark = told
            return self._of_campaign(each, str(text), mark=mark)
        tellers = {
            "added": self._added,
            "changed": self._changed,
            "suppressed": self._suppressed,
            "exported": self._exported,
            "event": self._event,
            "message": self._message,
            "told": self._told,
            "decided": self._decided,
            "answered": self._answered,
            "amended": self._amended,
            "junk": self._junk,
            "judged": self._judged,
        }
        elsewhere = record_entries.teller(each.kind)
        return elsewhere(each, self) if elsewhere else tellers[each.kind](each)

    def _of_campaign(self, each: Happening, text: str, **more: Any) -> Entry:
        details = each.details
        return Entry(each.at, text, campaign=details.get("campaign"), campaign_name=details.get("name", ""), **more)

    def _added(self, each: Happening) -> Entry:
        name = each.details["list"]
        text = _("Imported with the list %(name)s") % {"name": name} if name else _("Added")
        return Entry(each.at, text, mark="done")

    def _changed(self, each: Happening) -> Entry | None:
        told, source = each.details["changes"], each.details["source"]
        changes = [self._change(name, *said) for name, said in told.items() if self._shows(name)]
        if not changes and source != ChangeSource.MERGE:
            return None
        text = str(ChangeSource(source).label) if source in ChangeSource.values else source
        if MERGED in told:
            text = _("Merged with %(name)s") % {"name": told[MERGED][0]}
        left = {name.removeprefix(_OF_THE_OTHER): said for name, said in told.items() if name.startswith(_OF_THE_OTHER)}
        not_taken = [self._change(name, *said) for name, said in left.items() if self._shows(name)]
        return Entry(each.at, text, by=self.name(each.details["actor"]), changes=changes, not_taken=not_taken)

    def _shows(self, name: str) -> bool:
        if name == MERGED or name.startswith(_OF_THE_OTHER):
            return False
        return not name.startswith(PROPERTY_PREFIX) or name.removeprefix(PROPERTY_PREFIX) not in self.seen.hidden

    def _change(self, name: str, before: Any, after: Any) -> Change:
        if not name.startswith(PROPERTY_PREFIX):
            label = str(_COLUMNS.get(name, name))
            return Change(label, self._column(name, before), self._column(name, after))
        key = name.removeprefix(PROPERTY_PREFIX)
        known = self.seen.declared.get(key)
        kind = known.type if known else "text"
        said = [readable.property_value(kind, value) if value is not None else "" for value in (before, after)]
        return Change(known.label if known else key, *said)

    def _column(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return ""
        if name == "owner":
            return self.name(value) or _("somebody who has left")
        if name == "suppression":
            return _reason(value)
        if name in _WISHES:
            return _WISHES[name](value)
        return readable.language(value) if name == "language" else str(value)

    def name(self, user_id: int | None) -> str:
        user = self.people.get(user_id or 0)
        return str(user) if user else ""

    def _suppressed(self, each: Happening) -> Entry:
        return Entry(each.at, _reason(each.details["reason"]), mark="failed", note=said_by(each.details["source"]))

    def _exported(self, each: Happening) -> Entry:
        """By address once the account is gone."""
        by = self.name(each.details["actor"]) or each.details["email"]
        return Entry(each.at, _("All that is known was exported"), by=by)

    def _event(self, each: Happening) -> Entry:
        told = ", ".join(f"{name}: {value}" for name, value in event_words.fields_of(each.details["data"]))
        return Entry(each.at, each.details["kind"], note=told)

    def _message(self, each: Happening) -> Entry:
        text, mark = _MESSAGES.get(each.details["state"], (each.details["state"], ""))
        if each.details["message"].startswith("reminder"):
            text = _("Reminder: %(text)s") % {"text": text}
        return self._of_campaign(each, str(text), mark=mark, note=each.details["reason"])

    def _told(self, each: Happening) -> Entry:
        text, mark = _TOLD.get(each.details["told"], (each.details["told"], ""))
        if each.details["message"].startswith("reminder"):
            text = _("Reminder: %(text)s") % {"text": text}
        return self._of_campaign(each, str(text), mark=mark, note=each.details["said"])

    def _decided(self, each: Happening) -> Entry:
        reason = each.details["reason"]
        said = self.reasons.get(reason, reason)
        until = parse_datetime(each.details["until"]) if each.details["until"] else None
        return self._of_campaign(each, _("Not asked: %(reason)s") % {"reason": said}, until=until)

    def _answered(self, each: Happening) -> Entry:
        details = each.details
        note = " ".join(filter(None, [_more_answers(details["answers"]), _verdict(details)]))
        return self._of_campaign(
            each,
            _("Answered"),
            mark=str(nps.classify(details["score"])),
            score=details["score"],
            quote=details["comment"],
            note=note,
            response=details["response"],
        )

    def _amended(self, each: Happening) -> Entry:
        details = each.details
        is_score = details["before"] != details["after"]
        text = _("Changed the answer from %(before)d to %(after)d") if is_score else _("Changed the comment")
        return self._of_campaign(
            each,
            text % details,
            mark=str(nps.classify(details["after"])),
            score=details["after"],
            quote=details["comment"] if details["comment"] != details["comment_before"] else "",
            response=details["response"],
        )

    def _junk(self, each: Happening) -> Entry:
        details = each.details
        by, note = self.name(details["actor"]), details["note"]
        return self._of_campaign(
            each, _("Marked as junk"), mark="failed", by=by, note=note, response=details["response"]
        )

    def _judged(self, each: Happening) -> Entry:
        details = each.details
        counts = details["verdict"] == "confirmed"
        text = (
            _("A colleague decided that the answer counts")
            if counts
            else _("A colleague decided that the answer does not count")
        )
        by, note = self.name(details["actor"]), details["note"]
        return self._of_campaign(each, text, by=by, note=note, response=details["response"])


def often(days: int) -> str:
    """How many days people want between two surveys."""
    if days == YEARLY:
        return _("At most once a year")
    return ngettext("At most every %(n)s day", "At most every %(n)s days", days) % {"n": days}


def _day(text: str) -> str:
    moment = parse_datetime(text)
    return date_format(moment, "j M Y", use_l10n=False) if moment else text


_WISHES: Final[Mapping[str, Callable[[Any], str]]] = {"rest_days": often, "resting_until": _day}


def _is_echo(each: Happening, by_link: Sequence[datetime]) -> bool:
    """That the address is not mailed any more, because of an unsubscription that has a line of its own."""
    if each.kind != "suppressed" or each.details["reason"] != SuppressionReason.UNSUBSCRIBED:
        return False
    return any(abs(each.at - at) < timedelta(minutes=1) for at in by_link)


_SIMPLE: Final = {
    "linked": (gettext_lazy("Got a survey link"), ""),
    "planned": (gettext_lazy("Planned to be asked"), ""),
    "sent": (gettext_lazy("Asked by email"), "done"),
    "reminded": (gettext_lazy("Reminded by email"), "done"),
    "opened_page": (gettext_lazy("Opened the survey"), ""),
    "to_remind": (gettext_lazy("Going to be reminded, unless there is an answer"), ""),
    "unsubscribed": (gettext_lazy("Unsubscribed by the link of the email"), "failed"),
}
# What the mail provider told, by its kind.
_TOLD: Final = {
    "delivered": (gettext_lazy("The email was delivered"), "done"),
    "delayed": (gettext_lazy("The email is delayed"), ""),
    "soft_bounced": (gettext_lazy("The email bounced for now"), ""),
    "bounced": (gettext_lazy("The email bounced"), "failed"),
    "rejected": (gettext_lazy("The mail provider refused to send the email"), "failed"),
    "failed": (gettext_lazy("The mail provider could not send the email"), "failed"),
    "complained": (gettext_lazy("Reported the email as spam"), "failed"),
    "unsubscribed": (gettext_lazy("Unsubscribed at the mail provider"), "failed"),
}
_MESSAGES: Final = {
    "uncertain": (gettext_lazy("The email may or may not have arrived"), ""),
    "failed": (gettext_lazy("The email could not be sent"), "failed"),
    "cancelled": (gettext_lazy("The email was cancelled"), ""),
    "expired": (gettext_lazy("The email was not sent in time"), ""),
}


def _reason(value: str) -> str:
    if value in SuppressionReason.values:
        return str(SuppressionReason(value).label)
    return value


def _verdict(details: Mapping[str, Any]) -> str:
    if details["excluded"]:
        return _("Not counted: marked as junk.")
    if details["decided"]:
        counts = details["verdict"] == "confirmed"
        return _("Counted: a colleague decided so.") if counts else _("Not counted: a colleague decided so.")
    said = {
        "provisional": _("Settling: it counts once it is confirmed."),
        "quarantined": _("Not counted: it looks like a robot's."),
    }
    return said.get(details["verdict"], "")


def _more_answers(count: int) -> str:
    return ngettext("%(count)d more answer.", "%(count)d more answers.", count) % {"count": count} if count else ""


def people_in(happenings: Iterable[Happening]) -> set[int]:
    """The users whom these happenings name."""
    found: set[int] = set()
    for each in happenings:
        if each.kind == "changed":
            told = each.details["changes"]
            named = [each.details["actor"], *told.get("owner", []), *told.get(f"{_OF_THE_OTHER}owner", [])]
            found |= {pk for pk in named if pk is not None}
        elif each.kind in ("exported", "junk", "judged"):
            found.add(each.details["actor"])
        else:
            found |= record_entries.people_in(each)
    return found - {None}


@dataclass(frozen=True)
class Standing:
    """The category of the latest counted answer, and since when it has been the same."""

    category: Category
    since: datetime


def standing(history: Sequence[tuple[datetime, int]]) -> Standing | None:
    """`history` is (time, score), oldest first."""
    found: Standing | None = None
    for at, score in history:
        category = nps.classify(score)
        if found is None or found.category != category:
            found = Standing(category, at)
    return found
