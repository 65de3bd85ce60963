"""Providers that take many messages with one call. See docs/delivery.md for who does, and how many.

Some take a list of whole messages (`Lists`): nothing in a text can be mistaken there. Others take one message with
places that they fill for each recipient (`Merges`): only what cannot be mistaken for a place of theirs goes that way.
"""

import json
import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import requests
from anymail.exceptions import AnymailError
from anymail.message import AnymailStatus
from django.core.mail import EmailMessage, EmailMultiAlternatives

from surveys.core.mail import Letter
from surveys.core.placeholders import Parts, Slot
from surveys.delivery import provider_replies
from surveys.delivery.mailing import Filling, Mail
from surveys.delivery.provider_channels import Backend
from surveys.delivery.replies import Reply, Verdict

_OWN_ANSWER: Final = frozenset(
    {Verdict.UNSENDABLE, Verdict.ADDRESS}
)  # of a call: which message it is about is not known


# ── Lists of whole messages ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _Shape:
    """How a provider's call for many is made of those for one, and where the answers to each are in its answer."""

    most: int
    path: str
    body: Callable[[list[Any]], object]
    answers: Callable[[Any], list[Any]]
    status: Callable[[Any], int]  # that a call for this message alone would have got
    alone: Callable[[Any], object]  # what it would have said


_SHAPES: Final = {
    "Postmark": _Shape(
        500, "email/batch", list, list, lambda answer: 422 if answer.get("ErrorCode") else 200, lambda answer: answer
    ),
    "Mailjet": _Shape(
        50,
        "send",
        lambda bodies: {"Messages": [body["Globals"] | body["Messages"][0] for body in bodies]},
        lambda answer: list(answer["Messages"]),
        lambda answer: 200 if answer["Status"] == "success" else 400,
        lambda answer: {"Messages": [answer]},
    ),
    "Resend": _Shape(
        100, "emails/batch", list, lambda answer: list(answer["data"]), lambda _answer: 200, lambda answer: answer
    ),
    "Mailtrap": _Shape(
        500,
        "batch",
        lambda bodies: {"requests": bodies},
        lambda answer: list(answer["responses"]),
        lambda answer: 200 if answer["success"] else 400,
        lambda answer: answer,
    ),
}


class Lists(Backend):
    def __init__(self, backend: Any, *, hidden: Sequence[str] = ()) -> None:
        super().__init__(backend, hidden=hidden)
        self._shape = _SHAPES[backend.esp_name]
        self.window = self._shape.most

    def parts(self, mails: Sequence[Mail]) -> list[list[int]]:
        """Those with files go alone: a call has a size, too."""
        heavy = [number for number, mail in enumerate(mails) if mail.is_heavy]
        light = [number for number, mail in enumerate(mails) if not mail.is_heavy]
        together = [light[start : start + self.window] for start in range(0, len(light), self.window)]
        return [*together, *([number] for number in heavy)]

    def send_together(self, mails: Sequence[Mail]) -> Sequence[Reply | None]:
        built = {number: made for number, mail in enumerate(mails) if (made := self._built(mail))}
        if not built:
            return [None] * len(mails)
        replies = dict(zip(built, self._call(list(built.values())), strict=True))
        return [replies.get(number) for number in range(len(mails))]

    def _built(self, mail: Mail) -> tuple[Any, Any] | None:
        """The message and its payload; None for one that the provider cannot be told, which says so when it goes alone."""
        message = self._message(mail)
        try:
            payload = self._backend.build_message_payload(message, self._backend.send_defaults)
            payload.serialize_data()
        except AnymailError:
            return None
        return message, payload

    def _call(self, built: list[tuple[Any, Any]]) -> Sequence[Reply | None]:
        bodies = [json.loads(payload.serialize_data()) for _message, payload in built]
        params = built[0][1].get_request_params(self._backend.api_url)
        path = self._shape.path + ("/" + params["url"].rpartition("/")[2] if self._is_sandbox else "")
        params |= {"url": self._backend.api_url + path, "data": json.dumps(self._shape.body(bodies))}
        try:
            response = self._backend.session.request(**params, timeout=self._backend.timeout)
        except requests.RequestException as error:
            return [self._without_secrets(provider_replies.meaning(error))] * len(built)
        return [reply and self._without_secrets(reply) for reply in self._read(response, built)]

    @property
    def _is_sandbox(self) -> bool:
        return bool(getattr(self._backend, "use_sandbox", False))

    def _read(self, response: requests.Response, built: list[tuple[Any, Any]]) -> Sequence[Reply | None]:
        try:
            answers = self._shape.answers(response.json())
        except (ValueError, KeyError, TypeError):
            answers = []
        if len(answers) == len(built):
            return [self._of_one(answer, *each) for answer, each in zip(answers, built, strict=True)]
        words = provider_replies.words_of(response)
        if response.ok:
            return [Reply(Verdict.IN_DOUBT, words)] * len(built)
        reply = provider_replies.http(response.status_code, response, words)
        return [None if reply.verdict in _OWN_ANSWER else reply] * len(built)

    def _of_one(self, answer: Any, message: Any, payload: Any) -> Reply:
        """As if it had been the answer to this message alone: the backend knows how to read that."""
        alone = requests.Response()
        alone.status_code = self._shape.status(answer)
        alone._content = json.dumps(self._shape.alone(answer)).encode()
        message.anymail_status = AnymailStatus()
        message.anymail_status.esp_response = alone
        try:
            self._backend.raise_for_status(alone, payload, message)
            message.anymail_status.set_recipient_status(self._backend.parse_recipient_status(alone, payload, message))
            self._backend.raise_for_recipient_status(message.anymail_status, alone, payload, message)
        except AnymailError as error:
            return provider_replies.meaning(error)
        return provider_replies.status(message)


# ── One message with places ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _Places:
    """`mark` writes a place, given its key and whether what fills it is HTML; `looks_like` finds what may be one."""

    most: int
    mark: Callable[[str, bool], str]
    looks_like: re.Pattern[str] | None  # None: nobody can have written our keys
    extra: Mapping[str, Any]


_CURLY: Final = re.compile(r"\{\{|\}\}")
_PLACES: Final = {
    "SendGrid": _Places(500, lambda key, _html: key, None, {"merge_field_format": "{}"}),
    "Mailgun": _Places(500, lambda key, _html: f"%recipient.{key}%", re.compile("%recipient", re.IGNORECASE), {}),
    "SparkPost": _Places(500, lambda key, html: f"{{{{{{{key}}}}}}}" if html else f"{{{{{key}}}}}", _CURLY, {}),
}


class Merges(Backend):
    def __init__(self, backend: Any, *, hidden: Sequence[str] = ()) -> None:
        super().__init__(backend, hidden=hidden)
        self._places = _PLACES[backend.esp_name]
        self.window = self._places.most

    def parts(self, mails: Sequence[Mail]) -> list[list[int]]:
        """Those of one letter, each address once."""
        times = Counter(mail.to.lower() for mail in mails)
        together: dict[int, list[int]] = defaultdict(list)
        alone: list[list[int]] = []
        for number, mail in enumerate(mails):
            if mail.filling and times[mail.to.lower()] == 1 and mail.to.isascii() and self._is_plain(mail.filling):
                together[id(mail.filling.letter)].append(number)
            else:
                alone.append([number])
        return [*together.values(), *alone]

    def _is_plain(self, filling: Filling) -> bool:
        """Neither the letter nor what fills it holds anything that the provider might read as a place of its own."""
        pattern = self._places.looks_like
        if pattern is None:
            return True
        letter = filling.letter
        texts = (part for parts in _all_parts(letter) for part in parts if isinstance(part, str))
        return not any(pattern.search(text) for text in (*texts, *filling.values.values()))

    def _message(self, mail: Mail) -> EmailMessage:
        """SparkPost reads every message as a template: what looks like one goes as a value, which is not read again."""
        message = super()._message(mail)
        if self._backend.esp_name == "SparkPost" and isinstance(message, EmailMultiAlternatives):
            _as_values(message)
        return message

    def send_together(self, mails: Sequence[Mail]) -> Sequence[Reply | None]:
        message = self._merged([(mail, mail.filling) for mail in mails if mail.filling])
        try:
            self._backend.send_messages([message])
        except (AnymailError, requests.RequestException) as error:
            reply = self._without_secrets(provider_replies.meaning(error))
            return [None if reply.verdict in _OWN_ANSWER else reply] * len(mails)
        taken = message.anymail_status.recipients  # type: ignore[attr-defined]  # anymail's
        return [_of_recipient(taken.get(mail.to)) for mail in mails]

    def _merged(self, mails: Sequence[tuple[Mail, Filling]]) -> EmailMultiAlternatives:
        letter = mails[0][1].letter
        gaps = _Gaps(self._places)
        message = EmailMultiAlternatives(
            subject=gaps.text(letter.subject),
            body=gaps.text(letter.text),
            from_email=letter.from_email,
            to=[mail.to for mail, _filling in mails],
            reply_to=[letter.reply_to] if letter.reply_to else None,
            headers={name: "".join(map(str, parts)) for name, parts in letter.headers if not _slots(parts)}
            | {"Date": mails[0][1].address.date},
        )
        message.attach_alternative(gaps.html(letter.html), "text/html")
        merge: Any = message
        merge.merge_data = {mail.to: gaps.filled(filling.values) for mail, filling in mails}
        merge.merge_headers = {mail.to: _headers(filling) for mail, filling in mails}
        merge.merge_metadata = {mail.to: mail.metadata for mail, _filling in mails}
        if self._places.extra:
            merge.esp_extra = dict(self._places.extra)
        return message


class _Gaps:
    """The places of one call: each slot once as text and once as HTML, by keys that nobody can know."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._nonce = f"slot{secrets.token_hex(6)}x"
        self._keys: dict[tuple[Slot, bool], str] = {}

    def text(self, parts: Parts) -> str:
        return self._marked(parts, html=False)

    def html(self, parts: Parts) -> str:
        return self._marked(parts, html=True)

    def _marked(self, parts: Parts, *, html: bool) -> str:
        return "".join(part if isinstance(part, str) else self._place(part, html=html) for part in parts)

    def _place(self, slot: Slot, *, html: bool) -> str:
        key = self._keys.setdefault((slot, html), f"{self._nonce}{len(self._keys):04d}")
        return self._places.mark(key, html)

    def filled(self, values: Mapping[str, str]) -> dict[str, str]:
        return {
            key: escape(slot.value(values)) if html else slot.value(values) for (slot, html), key in self._keys.items()
        }


def _headers(filling: Filling) -> dict[str, str]:
    own = {
        name: "".join(part if isinstance(part, str) else part.value(filling.values) for part in parts)
        for name, parts in filling.letter.headers
        if _slots(parts)
    }
    return own | {"Message-ID": filling.address.message_id}


def _slots(parts: Parts) -> list[Slot]:
    return [part for part in parts if isinstance(part, Slot)]


def _all_parts(letter: Letter) -> Iterator[Parts]:
    yield from (letter.subject, letter.text, letter.html)
    yield from (parts for _name, parts in letter.headers)


def _as_values(message: EmailMultiAlternatives) -> None:
    texts = {"our_subject": str(message.subject), "our_text": str(message.body)}
    html = next((str(content) for content, kind in message.alternatives if kind == "text/html"), None)
    if _CURLY.search("".join((*texts.values(), html or ""))) is None:
        return
    merge: Any = message
    merge.merge_global_data = texts | ({"our_html": html} if html is not None else {})
    message.subject, message.body = "{{our_subject}}", "{{our_text}}"
    if html is not None:
        message.alternatives = []
        message.attach_alternative("{{{our_html}}}", "text/html")


def _of_recipient(status: Any) -> Reply:
    if status is None:
        return Reply(Verdict.IN_DOUBT)
    return provider_replies.of_word({status.status}, status.message_id)


def channel(backend: Any, *, hidden: Sequence[str] = ()) -> Backend:
    """One that takes as much at once as the provider does."""
    name = getattr(backend, "esp_name", "")
    made = Lists if name in _SHAPES else Merges if name in _PLACES else Backend
    return made(backend, hidden=hidden)
