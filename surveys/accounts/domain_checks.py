"""What a domain's records say about mail that this server sends for it: questions in, findings out.

A finding is a code with figures, so that it can be stored and said in any language; domain_words says them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from surveys.core import mail_records as records
from surveys.core.mail_records import DkimKey, Dmarc, Spf
from surveys.core.names import NoAnswer


class Part(StrEnum):
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    REPLIES = "replies"


class Level(StrEnum):
    """The worst first."""

    FAIL = "fail"
    WARN = "warn"
    UNKNOWN = "unknown"
    OK = "ok"


@dataclass(frozen=True)
class Finding:
    part: Part
    level: Level
    code: str
    figures: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"part": self.part, "level": self.level, "code": self.code, "figures": self.figures}


class Names(Protocol):
    """As core.names.Names."""

    def texts(self, name: str) -> list[str]: ...
    def mail_servers(self, name: str) -> list[str]: ...
    def has_address(self, name: str) -> bool: ...


@dataclass(frozen=True)
class Wanted:
    """What is asked about. `mechanisms` are those that SPF must have for this server, as the operator names them."""

    domain: str
    reply_domain: str
    selectors: tuple[str, ...]
    mechanisms: tuple[str, ...]


def check(wanted: Wanted, names: Names) -> list[Finding]:
    """What cannot be asked is unknown, and neither good nor bad."""
    spf = _answered(Part.SPF, lambda: list(_Spf(wanted, names).findings()))
    policy = _policy(wanted, names)
    dkim = _answered(Part.DKIM, lambda: list(_dkim(wanted, names, policy)))
    dmarc = _answered(Part.DMARC, lambda: list(_dmarc(wanted, names, policy, [*spf, *dkim])))
    return [*spf, *dkim, *dmarc, *_answered(Part.REPLIES, lambda: list(_replies(wanted, names)))]


def _answered(part: Part, ask: Any) -> list[Finding]:
    try:
        found: list[Finding] = ask()
    except NoAnswer as silence:
        return [Finding(part, Level.UNKNOWN, "no_answer", {"name": str(silence)})]
    return found


# ── SPF ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
class _Spf:
    """One evaluation: the record, and those that it includes, as far as a receiver would follow them."""

    _FURTHEST: Final = 25  # questions, after which nobody needs to know how many more there would be

    def __init__(self, wanted: Wanted, names: Names) -> None:
        self._wanted, self._names = wanted, names
        self._questions = 0
        self._seen: set[str] = set()
        self._terms: set[str] = set()
        self._problems: list[Finding] = []

    def findings(self) -> Iterator[Finding]:
        texts = _spf_records(self._names, self._wanted.domain)
        if not texts:
            code = "spf_missing" if self._wanted.mechanisms else "spf_missing_and_server_unknown"
            yield Finding(Part.SPF, Level.FAIL, code)
            return
        if len(texts) > 1:
            yield Finding(Part.SPF, Level.FAIL, "spf_twice", {"count": len(texts), "records": texts})
            return
        record = Spf.read(texts[0])
        self._follow(self._wanted.domain, record)
        yield from self._problems
        yield from self._about_all(record)
        if self._questions > records.MOST_QUESTIONS:
            figures = {"count": self._questions, "most": records.MOST_QUESTIONS, "record": texts[0]}
            yield Finding(Part.SPF, Level.FAIL, "spf_too_many_questions", figures)
        yield self._about_us(texts[0])

    def _follow(self, domain: str, record: Spf) -> None:
        self._seen.add(domain)
        if record.unreadable:
            self._fail("spf_unreadable", domain=domain, term=record.unreadable)
        for term in record.terms:
            self._terms.add(term.written)
            if term.name not in records.ASKS:
                continue
            self._questions += 1
            if term.name in ("include", "redirect"):
                self._include(term.target.rstrip(".").lower())

    def _include(self, domain: str) -> None:
        """A name that is computed from the sender (`%{i}`) cannot be followed here; it costs its question."""
        if "%" in domain or domain in self._seen or self._questions > self._FURTHEST:
            return
        texts = _spf_records(self._names, domain)
        if len(texts) != 1:
            self._seen.add(domain)
            self._fail("spf_include_broken", domain=domain, count=len(texts))
            return
        self._follow(domain, Spf.read(texts[0]))

    def _fail(self, code: str, **figures: Any) -> None:
        self._problems.append(Finding(Part.SPF, Level.FAIL, code, figures))

    def _about_all(self, record: Spf) -> Iterator[Finding]:
        if record.unreadable:
            return
        if record.all == "+":
            yield Finding(Part.SPF, Level.FAIL, "spf_allows_everybody")
        elif record.all == "?" or (record.all is None and not record.redirect):
            yield Finding(Part.SPF, Level.WARN, "spf_without_end")

    def _about_us(self, text: str) -> Finding:
        if not self._wanted.mechanisms:
            return Finding(Part.SPF, Level.UNKNOWN, "spf_server_unknown", {"record": text})
        lacking = [each for each in self._wanted.mechanisms if each.lower() not in self._terms]
        if lacking:
            return Finding(Part.SPF, Level.FAIL, "spf_lacks_us", {"mechanisms": lacking, "record": text})
        return Finding(Part.SPF, Level.OK, "spf_names_us", {"record": text})


def _spf_records(names: Names, domain: str) -> list[str]:
    return [text for text in names.texts(domain) if Spf.is_one(text)]


# ── DKIM ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
_WEAK, _SHORT = 1024, 2048


def _dkim(wanted: Wanted, names: Names, policy: "_Policy | None") -> Iterator[Finding]:
    if not wanted.selectors:
        yield Finding(Part.DKIM, Level.UNKNOWN, "dkim_no_selector")
    above = policy.domain if policy and policy.domain != wanted.domain else ""
    for selector in wanted.selectors:
        domain, texts = wanted.domain, names.texts(f"{selector}._domainkey.{wanted.domain}")
        if not texts and above:
            domain, texts = above, names.texts(f"{selector}._domainkey.{above}")
        yield _key(selector, domain if texts else wanted.domain, texts)


def _key(selector: str, domain: str, texts: Sequence[str]) -> Finding:
    figures: dict[str, Any] = {"selector": selector, "domain": domain}

    def found(level: Level, code: str, **more: Any) -> Finding:
        return Finding(Part.DKIM, level, code, figures | more)

    if not texts:
        return found(Level.FAIL, "dkim_missing")
    if len(texts) > 1:
        return found(Level.FAIL, "dkim_twice", count=len(texts))
    key = DkimKey.read(texts[0])
    if key.bits is None:
        return found(Level.FAIL, "dkim_unreadable")
    if key.bits == 0:
        return found(Level.FAIL, "dkim_revoked")
    if key.kind == "rsa" and key.bits < _WEAK:
        return found(Level.FAIL, "dkim_too_short", bits=key.bits)
    if key.is_testing:
        return found(Level.WARN, "dkim_testing")
    if key.kind == "rsa" and key.bits < _SHORT:
        return found(Level.WARN, "dkim_short", bits=key.bits)
    return found(Level.OK, "dkim_found", bits=key.bits, kind=key.kind)


# ── DMARC ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _Policy:
    """The DMARC records at the first name, from the domain upwards, that has any."""

    domain: str
    texts: tuple[str, ...]


_HIGHEST: Final = 8  # parts of a name that are looked at


def _policy(wanted: Wanted, names: Names) -> _Policy | None:
    """None where there is none, and where nobody answered: asking about DMARC says so."""
    try:
        return _found_policy(wanted.domain, names)
    except NoAnswer:
        return None


def _found_policy(domain: str, names: Names) -> _Policy | None:
    parts = domain.split(".")
    for height in range(min(len(parts) - 1, _HIGHEST)):
        name = ".".join(parts[height:])
        texts = tuple(text for text in names.texts(f"_dmarc.{name}") if Dmarc.is_one(text))
        if texts:
            return _Policy(name, texts)
    return None


def _dmarc(wanted: Wanted, names: Names, policy: _Policy | None, others: Sequence[Finding]) -> Iterator[Finding]:
    policy = policy or _found_policy(wanted.domain, names)
    if policy is None:
        yield Finding(Part.DMARC, Level.FAIL, "dmarc_missing")
        return
    if len(policy.texts) > 1:
        yield Finding(Part.DMARC, Level.FAIL, "dmarc_twice", {"count": len(policy.texts), "domain": policy.domain})
        return
    record = Dmarc.read(policy.texts[0])
    yield _about_policy(wanted, policy, record)
    if record.percent < 100:
        yield Finding(Part.DMARC, Level.WARN, "dmarc_partly", {"percent": record.percent})
    yield from _reports(policy.domain, record, names)
    yield _alignment(wanted, record, others)


def _about_policy(wanted: Wanted, policy: _Policy, record: Dmarc) -> Finding:
    is_below = policy.domain != wanted.domain
    holds = record.subdomain_policy if is_below else record.policy
    figures = {"policy": holds, "record": policy.texts[0], "domain": policy.domain}
    if holds not in records.POLICIES:
        return Finding(Part.DMARC, Level.FAIL, "dmarc_unreadable", figures)
    if holds == "none":
        return Finding(Part.DMARC, Level.WARN, "dmarc_only_watches", figures)
    return Finding(Part.DMARC, Level.OK, "dmarc_acts_below" if is_below else "dmarc_acts", figures)


def _reports(domain: str, record: Dmarc, names: Names) -> Iterator[Finding]:
    if not record.reports_to:
        yield Finding(Part.DMARC, Level.WARN, "dmarc_no_reports")
    for address in record.reports_to[:2]:
        there = address.rpartition("@")[2].lower()
        is_ours = there == domain or there.endswith(f".{domain}") or domain.endswith(f".{there}")
        if not is_ours and not any(map(Dmarc.is_one, names.texts(f"{domain}._report._dmarc.{there}"))):
            figures = {"address": address, "name": f"{domain}._report._dmarc.{there}"}
            yield Finding(Part.DMARC, Level.WARN, "dmarc_reports_refused", figures)


def _alignment(wanted: Wanted, record: Dmarc, others: Sequence[Finding]) -> Finding:
    """DMARC holds when SPF or DKIM does for the domain of the sender. Mails leave with the sender's own address in the
    envelope, so SPF is about that domain; a signature may be of a domain above it, unless the record is strict."""
    spf = {finding.level for finding in others if finding.part is Part.SPF}
    keys = [finding for finding in others if finding.part is Part.DKIM]
    good = [key for key in keys if key.level in (Level.OK, Level.WARN)]
    aligned = [key for key in good if key.figures["domain"] == wanted.domain or not record.is_dkim_strict]
    if aligned or (Level.FAIL not in spf and Level.UNKNOWN not in spf):
        by = "DKIM" if aligned else "SPF"
        return Finding(Part.DMARC, Level.OK, "aligned", {"by": by})
    if good:
        return Finding(Part.DMARC, Level.FAIL, "not_aligned_strict", {"domain": good[0].figures["domain"]})
    if Level.UNKNOWN in {*spf, *(key.level for key in keys)} and Level.FAIL not in {key.level for key in keys}:
        return Finding(Part.DMARC, Level.UNKNOWN, "alignment_unknown")
    return Finding(Part.DMARC, Level.FAIL, "not_aligned")


# ── Replies ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _replies(wanted: Wanted, names: Names) -> Iterator[Finding]:
    servers = names.mail_servers(wanted.reply_domain)
    figures = {"domain": wanted.reply_domain}
    if servers == [""]:
        yield Finding(Part.REPLIES, Level.FAIL, "replies_refused", figures)
    elif servers:
        yield Finding(Part.REPLIES, Level.OK, "replies_taken", figures | {"server": servers[0]})
    elif names.has_address(wanted.reply_domain):
        yield Finding(Part.REPLIES, Level.WARN, "replies_without_record", figures)
    else:
        yield Finding(Part.REPLIES, Level.FAIL, "replies_nowhere", figures)
