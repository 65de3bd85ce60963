"""Findings about a sender domain as people read them, and the records to publish."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts.domain_checks import Level, Part
from surveys.accounts.models import DomainCheck
from surveys.accounts.queries import domains

_TITLES: Final[dict[Part, str | Promise]] = {
    Part.SPF: gettext_lazy("SPF: which servers may send"),
    Part.DKIM: gettext_lazy("DKIM: the signature"),
    Part.DMARC: gettext_lazy("DMARC: what becomes of mail that fails"),
    Part.REPLIES: gettext_lazy("Replies"),
}
_LEVELS: Final[dict[Level, str | Promise]] = {
    Level.FAIL: gettext_lazy("To be mended"),
    Level.WARN: gettext_lazy("Could be better"),
    Level.UNKNOWN: gettext_lazy("Not known"),
    Level.OK: gettext_lazy("Good"),
}
_BADGES: Final = {Level.FAIL: "failed", Level.WARN: "warning", Level.UNKNOWN: "", Level.OK: "done"}
# By the codes of domain_checks.
SENTENCES: Final[dict[str, str | Promise]] = {
    "no_answer": gettext_lazy(
        "The name servers did not answer (%(name)s). That says nothing about the records: check again later."
    ),
    "spf_missing": gettext_lazy(
        "There is no SPF record. Receivers cannot tell that this server may send for you. Publish the one below."
    ),
    "spf_missing_and_server_unknown": gettext_lazy(
        "There is no SPF record. Receivers cannot tell that this server may send for you. What belongs into it, the "
        "operator of this server knows, and has not said here yet (NPS_SPF_INCLUDE): ask them."
    ),
    "spf_twice": gettext_lazy(
        "There are %(count)s SPF records, and receivers then take none of them. Make one of them, with the terms of all."
    ),
    "spf_unreadable": gettext_lazy(
        "In the record of %(domain)s, “%(term)s” is no term of SPF; receivers give up there. Correct or remove it."
    ),
    "spf_include_broken": gettext_lazy(
        "The record refers to %(domain)s, which has %(count)s SPF records instead of one; receivers give up there. "
        "Remove that term, or correct its name."
    ),
    "spf_allows_everybody": gettext_lazy(
        "The record ends in “+all”: it allows every server in the world to send as you. Write “~all” or “-all”."
    ),
    "spf_without_end": gettext_lazy(
        "The record does not say what to do with other servers. Let it end in “~all” (suspicious) or “-all” (refuse)."
    ),
    "spf_too_many_questions": gettext_lazy(
        "To read the record, receivers need %(count)s questions to name servers, and stop after %(most)s: then SPF "
        "fails for all your mail. Remove “include”, “a” and “mx” terms of services that you do not use any more."
    ),
    "spf_server_unknown": gettext_lazy(
        "There is a record. Whether it allows this server cannot be told, because its operator has not said from where "
        "mails leave (NPS_SPF_INCLUDE). Ask the operator which term belongs into it."
    ),
    "spf_lacks_us": gettext_lazy(
        "The record does not allow this server: “%(mechanisms)s” is missing. Add it, as below."
    ),
    "spf_names_us": gettext_lazy("The record allows this server to send for you."),
    "dkim_no_selector": gettext_lazy(
        "Which key signs your mail is not known. Type its selector below; your mail provider names it, for example "
        "“s1” or “google”."
    ),
    "dkim_missing": gettext_lazy(
        "There is no key at %(selector)s._domainkey.%(domain)s. Signatures with it cannot be checked and count as none."
    ),
    "dkim_twice": gettext_lazy(
        "There are %(count)s records at %(selector)s._domainkey.%(domain)s; receivers take any or none. Leave one."
    ),
    "dkim_unreadable": gettext_lazy(
        "The key at %(selector)s._domainkey.%(domain)s cannot be read. Often a part was lost when it was pasted, or the "
        "quotation marks of its pieces came along: publish it again."
    ),
    "dkim_revoked": gettext_lazy(
        "The key at %(selector)s._domainkey.%(domain)s is empty, which says that it is revoked. Publish the new one."
    ),
    "dkim_too_short": gettext_lazy(
        "The key of %(selector)s has %(bits)s bits. Receivers ignore keys of less than 1,024: make one of 2,048."
    ),
    "dkim_short": gettext_lazy(
        "The key of %(selector)s has %(bits)s bits. It works; 2,048 are recommended, for keys get easier to break."
    ),
    "dkim_testing": gettext_lazy(
        "The key of %(selector)s says that it is being tested (t=y): receivers may ignore the signature. Remove that."
    ),
    "dkim_found": gettext_lazy(
        "The key of %(selector)s at %(domain)s is there and can be read (%(kind)s, %(bits)s bits)."
    ),
    "dmarc_missing": gettext_lazy(
        "There is no DMARC record. The large mailbox providers want one from whoever sends to many; begin with the one "
        "below, which changes nothing but sends you reports."
    ),
    "dmarc_twice": gettext_lazy(
        "There are %(count)s DMARC records at %(domain)s; receivers then take none. Leave one."
    ),
    "dmarc_unreadable": gettext_lazy(
        "The record says “p=%(policy)s”, which is none of none, quarantine and reject. Receivers ignore it. Correct it."
    ),
    "dmarc_only_watches": gettext_lazy(
        "The policy is “none”: you get reports, and mail that others send in your name is delivered all the same. When "
        "the reports show that your own mail passes, go on to quarantine and then to reject."
    ),
    "dmarc_acts": gettext_lazy("The policy is “%(policy)s”: mail that fails is not simply delivered."),
    "dmarc_acts_below": gettext_lazy(
        "The record of %(domain)s holds here, with “%(policy)s” for names below it: mail that fails is not simply delivered."
    ),
    "dmarc_partly": gettext_lazy(
        "The policy holds for %(percent)s in 100 mails only (pct). Many receivers do not look at it: remove it when you "
        "are sure."
    ),
    "dmarc_no_reports": gettext_lazy(
        "No address gets the reports (rua). Without them you do not see who sends in your name, nor what of yours fails."
    ),
    "dmarc_reports_refused": gettext_lazy(
        "Reports to %(address)s are not sent: its domain must agree with a record at %(name)s. Use an address of your "
        "own domain, or ask the other one for that record."
    ),
    "aligned": gettext_lazy(
        "Mails that leave here pass by %(by)s: the domain that it confirms is the one of your sender address."
    ),
    "not_aligned_strict": gettext_lazy(
        "The signature is of %(domain)s, and the record demands exactly the sender's domain (adkim=s): mails fail. "
        "Publish the key at the sender's domain, or remove adkim=s."
    ),
    "not_aligned": gettext_lazy(
        "Neither SPF nor DKIM confirms your sender's domain for this server, so its mails fail DMARC. One of the two is "
        "enough; better both. Mend them above."
    ),
    "alignment_unknown": gettext_lazy(
        "Whether mails from here pass cannot be told, as long as neither this server's term of SPF nor its key is known."
    ),
    "replies_taken": gettext_lazy("Replies to %(domain)s are taken by %(server)s."),
    "replies_without_record": gettext_lazy(
        "%(domain)s has no MX record. Most mail programs then try its web server, which seldom takes mail: publish one."
    ),
    "replies_refused": gettext_lazy(
        "%(domain)s says that it takes no mail at all. Whoever replies to a survey gets an error: choose another "
        "reply-to address."
    ),
    "replies_nowhere": gettext_lazy(
        "Nothing is known about %(domain)s: replies to surveys come back as undeliverable. Correct the address."
    ),
}


@dataclass(frozen=True)
class Said:
    level: Level
    text: str

    @property
    def label(self) -> str:
        return str(_LEVELS[self.level])

    @property
    def badge(self) -> str:
        return _BADGES[self.level]


@dataclass(frozen=True)
class Publish:
    """A record, and what to know about it."""

    name: str
    kind: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    part: Part
    title: str
    said: list[Said]
    publish: list[Publish]

    @property
    def level(self) -> Level:
        levels = {each.level for each in self.said}
        return next((level for level in Level if level in levels), Level.UNKNOWN)

    @property
    def label(self) -> str:
        return str(_LEVELS[self.level])

    @property
    def badge(self) -> str:
        return _BADGES[self.level]


def sections(check: DomainCheck) -> list[Section]:
    """What was found, part by part, with what to publish where something is to be mended."""
    return [_section(part, [each for each in check.findings if each["part"] == part], check) for part in Part]


def _section(part: Part, findings: list[Mapping[str, Any]], check: DomainCheck) -> Section:
    said = [Said(Level(each["level"]), sentence(each["code"], each["figures"])) for each in findings]
    said.sort(key=lambda each: list(Level).index(each.level))
    return Section(part, str(_TITLES[part]), said, list(_PUBLISH[part](check, findings)) if part in _PUBLISH else [])


def sentence(code: str, figures: Mapping[str, Any]) -> str:
    """A code that is not known any more, from an older version, is said as it is."""
    joined = {name: ", ".join(value) if isinstance(value, list) else value for name, value in figures.items()}
    return str(SENTENCES[code]) % joined if code in SENTENCES else code


# ── What to publish ──────────────────────────────────────────────────────────────────────────────────────────────────


def _spf(check: DomainCheck, findings: list[Mapping[str, Any]]) -> Iterable[Publish]:
    by_code = {each["code"]: each["figures"] for each in findings}
    ours = " ".join(settings.SPF_MECHANISMS)
    if "spf_missing" in by_code and ours:
        yield Publish(check.domain, "TXT", f"v=spf1 {ours} ~all")
    elif "spf_lacks_us" in by_code:
        figures = by_code["spf_lacks_us"]
        value = with_terms(figures["record"], figures["mechanisms"])
        yield Publish(check.domain, "TXT", value, _("In the place of the record that is there."))
    elif "spf_twice" in by_code:
        value = with_terms(_merged(by_code["spf_twice"]["records"]), settings.SPF_MECHANISMS)
        yield Publish(check.domain, "TXT", value, _("In the place of all SPF records that are there; look it over."))


def with_terms(record: str, terms: Iterable[str]) -> str:
    """The record with these terms, before the one that ends it."""
    words = record.split()
    missing = [term for term in terms if term.lower() not in (word.lower() for word in words)]
    end = next((n for n, word in enumerate(words) if word.lower().lstrip("+-~?") == "all"), len(words))
    return " ".join([*words[:end], *missing, *words[end:]])


def _merged(texts: Iterable[str]) -> str:
    terms = list(dict.fromkeys(word for text in sorted(texts) for word in text.split()[1:]))
    ends = [term for term in terms if term.lower().lstrip("+-~?") == "all"]
    return " ".join(["v=spf1", *(term for term in terms if term not in ends), ends[0] if ends else "~all"])


def _dkim(check: DomainCheck, findings: list[Mapping[str, Any]]) -> Iterable[Publish]:
    bad = {each["figures"].get("selector") for each in findings if each["level"] == Level.FAIL}
    for signing in domains.signings():
        if signing.selector in bad and signing.target:
            yield Publish(f"{signing.selector}._domainkey.{check.domain}", "CNAME", f"{signing.target}.")


def _dmarc(check: DomainCheck, findings: list[Mapping[str, Any]]) -> Iterable[Publish]:
    if any(each["code"] == "dmarc_missing" for each in findings):
        value = f"v=DMARC1; p=none; rua=mailto:dmarc@{check.domain}"
        yield Publish(
            f"_dmarc.{check.domain}", "TXT", value, _("The address must be one that you read, or a service of yours.")
        )


_PUBLISH: Final = {Part.SPF: _spf, Part.DKIM: _dkim, Part.DMARC: _dmarc}
