"""The records of a domain that say who may send its mail: SPF (RFC 7208), DKIM keys (RFC 6376), DMARC (RFC 7489). Pure."""

import re
from base64 import b64decode
from binascii import Error as MalformedBase64
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

# ── SPF ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
_TERM: Final = re.compile(
    r"(?P<qualifier>[+\-~?]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)(?P<rest>[:/].*)?|(?P<modifier>[a-z][a-z0-9_.-]*)=(?P<value>.*)",
    re.IGNORECASE,
)
ASKS: Final = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})  # each costs a question; ten are allowed
MOST_QUESTIONS: Final = 10


@dataclass(frozen=True)
class Term:
    """`written` is without its qualifier, in small letters; `target` what stands behind the colon or the sign."""

    name: str
    qualifier: str
    target: str
    written: str


@dataclass(frozen=True)
class Spf:
    terms: tuple[Term, ...]
    unreadable: str = ""  # the first term that is none

    @classmethod
    def is_one(cls, text: str) -> bool:
        return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")

    @classmethod
    def read(cls, text: str) -> Self:
        found: list[Term] = []
        for word in text.split()[1:]:
            match = _TERM.fullmatch(word)
            if match is None:
                return cls(tuple(found), word)
            found.append(_term(match))
        return cls(tuple(found))

    @property
    def all(self) -> str | None:
        """What happens to senders that no term names: the qualifier of `all`, None without one."""
        return next((term.qualifier for term in self.terms if term.name == "all"), None)

    @property
    def redirect(self) -> str:
        return next((term.target for term in self.terms if term.name == "redirect"), "")


def _term(match: re.Match[str]) -> Term:
    if match["modifier"]:
        return Term(match["modifier"].lower(), "", match["value"], match[0].lower())
    rest = match["rest"] or ""
    written = f"{match['name']}{rest}".lower()
    return Term(match["name"].lower(), match["qualifier"] or "+", rest.lstrip(":"), written)


# ── Lists of tags: DKIM and DMARC ────────────────────────────────────────────────────────────────────────────────────
def tags(text: str) -> dict[str, str]:
    """`v=DMARC1; p=none` as a dictionary; what is no tag is left out, of a tag that comes twice the first stands."""
    found: dict[str, str] = {}
    for piece in text.split(";"):
        name, sign, value = piece.partition("=")
        if sign:
            found.setdefault(name.strip().lower(), value.strip())
    return found


@dataclass(frozen=True)
class DkimKey:
    """`bits` is 0 of a key that is revoked (empty), None of one that cannot be read."""

    kind: str
    bits: int | None
    is_testing: bool

    @classmethod
    def read(cls, text: str) -> Self:
        found = tags(text)
        kind = found.get("k", "rsa").lower()
        return cls(kind, _bits(kind, found.get("p")), "y" in found.get("t", "").lower().split(":"))


def _bits(kind: str, key: str | None) -> int | None:
    if key is None:
        return None
    if not key:
        return 0
    try:
        raw = b64decode("".join(key.split()), validate=True)
        if kind == "ed25519":
            return 256 if len(raw) == 32 else None
        public = load_der_public_key(raw)
    except (MalformedBase64, ValueError, UnsupportedAlgorithm):
        return None
    return public.key_size if isinstance(public, RSAPublicKey) else None


@dataclass(frozen=True)
class Dmarc:
    """`policy` holds for the domain of the record, `subdomain_policy` for those below it."""

    policy: str
    subdomain_policy: str
    is_dkim_strict: bool
    is_spf_strict: bool
    percent: int
    reports_to: tuple[str, ...]

    @classmethod
    def is_one(cls, text: str) -> bool:
        return tags(text).get("v", "").upper() == "DMARC1" and text.strip().lower().startswith("v")

    @classmethod
    def read(cls, text: str) -> Self:
        found = tags(text)
        policy = found.get("p", "").lower()
        percent = found.get("pct", "100")
        reports = (each.strip().partition("!")[0] for each in found.get("rua", "").split(","))
        return cls(
            policy=policy,
            subdomain_policy=found.get("sp", policy).lower(),
            is_dkim_strict=found.get("adkim", "r").lower() == "s",
            is_spf_strict=found.get("aspf", "r").lower() == "s",
            percent=int(percent) if percent.isascii() and percent.isdigit() and len(percent) < 4 else 100,
            reports_to=tuple(each[7:] for each in reports if each.lower().startswith("mailto:")),
        )


POLICIES: Final = ("none", "quarantine", "reject")
