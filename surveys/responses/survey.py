"""What a customer's page needs, in one statement: it is on the path of every click."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, Self

from surveys.campaigns.design import Design
from surveys.core import nps, placeholders
from surveys.core.choices import Category, Channel
from surveys.responses import questionnaire
from surveys.responses.models import Verdict
from surveys.responses.questionnaire import Asked, Returned, Value

# One row, or none when there is no such invitation. The wording is the one of the invitation's version in its language,
# else in the campaign's main one. The window opens with sending; a click on a mail whose sending was not noted (the
# sender died meanwhile) counts from its claim. What is about to be deleted takes no answers any more. The design is no
# join, because each one more costs the planner most.
COLUMNS: Final = """
    i.id AS invitation, i.organization_id AS organization, i.campaign_id AS campaign, i.customer_id AS customer,
    i.property_set_id AS property_set, i.language AS asked_in, i.channel, i.unsubscribed_at, i.opened_at,
    i.customer_id IS NULL AND starts_with(i.occasion, 'link:anyone:') AS is_anyones,
    CASE WHEN o.deletes_at IS NULL
         THEN coalesce(i.sent_at, i.claimed_at, i.created_at) + make_interval(days => c.answer_window_days)
         ELSE i.created_at END AS closes_at,
    o.name AS company, o.brand_color, o.logo_digest, o.logo_width, o.logo_height, o.time_zone,
    (SELECT design FROM surveys_campaignversion v WHERE v.campaign_id = i.campaign_id AND v.number = i.version) AS design,
    w.language, w.question, w.low_label, w.high_label, w.comment_prompt,
    w.prompts, w.questions AS question_words, w.links AS link_words,
    w.thanks_promoter, w.thanks_passive, w.thanks_detractor, p.name AS customer_name, p.email AS customer_email,
    coalesce(p.suppression, '') AS suppression, i.customer_id IS NULL
        AND NOT starts_with(i.occasion, 'link:anyone:') AND NOT EXISTS (
        SELECT FROM surveys_delivery d WHERE d.invitation_id = i.id AND d.to_address <> '') AS is_erased
"""
TABLES: Final = """
    surveys_invitation i
    JOIN surveys_organization o ON o.id = i.organization_id
    JOIN surveys_campaign c ON c.id = i.campaign_id
    LEFT JOIN surveys_customer p ON p.id = i.customer_id
    CROSS JOIN LATERAL (
        SELECT * FROM surveys_wording w WHERE w.campaign_id = i.campaign_id AND w.version = i.version
        ORDER BY w.language = i.language DESC, w.id LIMIT 1
    ) w
"""
# A button, or a colleague, said so: opening another link of the mail does not change it.
IS_FIRM: Final = """(r.judged_at IS NOT NULL OR r.verdict_reasons @> '[{"code": "human_act"}]')"""
ANSWERED: Final = f"""
    r.id AS response, r.score, r.comment, r.verdict, {IS_FIRM} AS is_firm,
    (SELECT jsonb_object_agg(a.question, a.value) FROM surveys_answer a WHERE a.response_id = r.id) AS answers
"""
READ: Final = f"""
    SELECT {COLUMNS}, {ANSWERED} FROM {TABLES} LEFT JOIN surveys_response r ON r.invitation_id = i.id
    WHERE i.id = %(invitation)s
"""

# As many requests about it are kept as rules will read in its life: see responses.kept. The index is read no further.
_IS_FULL: Final = """EXISTS (SELECT FROM surveys_clickevent e
            WHERE e.organization_id = i.organization_id AND e.invitation_id = i.id OFFSET %(most_ever)s - 1)"""

# The same, and in the same breath the raw click and the provisional answer, while the window is open and the customer
# is not erased: the lock lets one of click and erasure wait for the other. The latest click stands. An answer that counts
# goes on as it is; another score lets it settle again, unless it is firm. More than so many clicks within a while, or of
# anything in its life, are a robot's: no more of them are kept.
CLICK: Final = f"""
    WITH survey AS MATERIALIZED (
        SELECT {COLUMNS}, (SELECT count(*) FROM (
            SELECT FROM surveys_clickevent e WHERE e.organization_id = i.organization_id AND e.invitation_id = i.id
            AND e.at > %(lately)s AND e.kind = 'click' LIMIT %(most)s) recent) >= %(most)s OR {_IS_FULL} AS is_crowded
        FROM {TABLES} WHERE i.id = %(invitation)s FOR KEY SHARE OF i
    ), asked AS MATERIALIZED (
        SELECT * FROM survey WHERE closes_at > %(at)s AND (customer IS NOT NULL OR is_anyones) AND NOT is_crowded
    ), click AS (
        INSERT INTO surveys_clickevent (organization_id, invitation_id, at, kind, score, network, user_agent, signals)
        SELECT organization, invitation, %(at)s, 'click', %(score)s, %(network)s, %(user_agent)s, %(signals)s::jsonb
        FROM asked
    ), answer AS (
        INSERT INTO surveys_response AS r (
            organization_id, campaign_id, customer_id, invitation_id, property_set_id, channel, language, score,
            comment, verdict, verdict_reasons, settles_at, day, responded_at, updated_at)
        SELECT organization, campaign, customer, invitation, property_set, channel, asked_in, %(score)s, '',
               'provisional', '[]', %(settles_at)s, (%(at)s AT TIME ZONE time_zone)::date, %(at)s, %(at)s
        FROM asked
        ON CONFLICT (invitation_id) DO UPDATE
        SET score = CASE r.verdict WHEN 'confirmed' THEN r.score ELSE excluded.score END,
            verdict_reasons = CASE r.verdict WHEN 'confirmed' THEN r.verdict_reasons ELSE '[]' END,
            verdict = CASE r.verdict WHEN 'confirmed' THEN r.verdict ELSE 'provisional' END,
            settles_at = excluded.settles_at, updated_at = excluded.updated_at
        WHERE NOT {IS_FIRM} AND (r.verdict <> 'confirmed' OR r.score <> excluded.score)
        RETURNING r.id, r.score, r.comment, r.verdict, {IS_FIRM} AS is_firm
    )
    SELECT survey.*, coalesce(a.id, r.id) AS response, coalesce(a.score, r.score) AS score,
           coalesce(a.comment, r.comment) AS comment, coalesce(a.verdict, r.verdict) AS verdict,
           coalesce(a.is_firm, {IS_FIRM}) AS is_firm,
           (SELECT jsonb_object_agg(s.question, s.value) FROM surveys_answer s WHERE s.response_id = r.id) AS answers
    FROM survey
    LEFT JOIN answer a ON true
    LEFT JOIN surveys_response r ON r.invitation_id = survey.invitation
"""

# A page told something: kept while it has an answer to tell about, and not more than so many of a kind within a while.
# The trap is told about before the first click too.
TOLD: Final = f"""
    INSERT INTO surveys_clickevent (organization_id, invitation_id, at, kind, score, network, user_agent, signals)
    SELECT i.organization_id, i.id, %(at)s, %(kind)s, %(score)s::smallint, %(network)s, %(user_agent)s, %(signals)s::jsonb
    FROM surveys_invitation i
    WHERE i.id = %(invitation)s AND (i.customer_id IS NOT NULL OR starts_with(i.occasion, 'link:anyone:'))
      AND (%(kind)s = 'trap' OR EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = i.id))
      AND (SELECT count(*) FROM (
          SELECT FROM surveys_clickevent e WHERE e.organization_id = i.organization_id AND e.invitation_id = i.id
          AND e.at > %(lately)s AND e.kind = %(kind)s LIMIT %(most)s) recent) < %(most)s
      AND NOT {_IS_FULL}
    FOR KEY SHARE OF i
"""


@dataclass(frozen=True)
class Evidence:
    """What a request says about who sent it. `network` is a prefix: a full address is never kept."""

    network: str = ""
    user_agent: str = ""
    signals: Mapping[str, Any] | None = None

    def with_signals(self, more: Mapping[str, Any]) -> "Evidence":
        return replace(self, signals={**(self.signals or {}), **more})

    @property
    def as_parameters(self) -> dict[str, Any]:
        """For the statements."""
        signals = json.dumps(dict(self.signals or {}))
        return {"network": self.network, "user_agent": self.user_agent, "signals": signals}


EMPTY: Final = Design()


@dataclass(frozen=True)
class ShownLink:
    url: str
    label: str


@dataclass(frozen=True)
class Survey:
    """One invitation as its customer sees it, and the answer so far. `customer` is None when erased, or `is_anyones`."""

    invitation: int
    organization: int
    campaign: int
    customer: int | None
    property_set: int | None
    asked_in: str
    unsubscribed_at: datetime | None
    closes_at: datetime
    company: str
    brand_color: str
    logo_digest: str
    logo_width: int
    logo_height: int
    time_zone: str
    language: str
    question: str
    low_label: str
    high_label: str
    comment_prompt: str
    thanks_promoter: str
    thanks_passive: str
    thanks_detractor: str
    customer_name: str | None
    customer_email: str | None
    suppression: str
    channel: str = Channel.EMAIL
    is_anyones: bool = False  # of somebody who is no customer, or is not known to be one; see delivery.links
    opened_at: datetime | None = None
    design: Design = EMPTY
    prompts: Mapping[str, str] = field(default_factory=dict)
    question_words: Mapping[str, Any] = field(default_factory=dict)
    link_words: Mapping[str, str] = field(default_factory=dict)
    is_erased: bool = False  # the customer, and with them the address that the mail went to
    response: int | None = None
    score: int | None = None
    comment: str | None = None
    verdict: str | None = None
    is_firm: bool | None = None  # said by a button or decided by a colleague
    is_crowded: bool = False  # its links were opened so often lately that no more of it is kept
    answers: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Self:
        """A row of one of the statements above."""
        parsed = {name: json.loads(row[name]) if row[name] else {} for name in _JSON}
        return cls(**row | parsed | {"design": Design.read(parsed["design"]) if parsed["design"] else EMPTY})

    def is_open(self, at: datetime) -> bool:
        return (self.customer is not None or self.is_anyones) and at < self.closes_at

    @property
    def is_unsubscribed(self) -> bool:
        return bool(self.suppression or self.is_erased or (self.customer is None and self.unsubscribed_at))

    @property
    def is_confirmed(self) -> bool:
        return self.verdict == Verdict.CONFIRMED

    def thanks(self, score: int) -> str:
        texts = {
            Category.PROMOTER: self.thanks_promoter,
            Category.PASSIVE: self.thanks_passive,
            Category.DETRACTOR: self.thanks_detractor,
        }
        return texts[nps.classify(score)]

    def prompt(self, score: int | None) -> str:
        """What is asked beside the comment: a score's own question wins over its category's."""
        if score is None:
            return self.comment_prompt
        own = self.prompts.get(str(score)) or self.prompts.get(nps.classify(score))
        return self._fill(own) if own else self.comment_prompt

    def asked(self, score: int | None, back: Returned | None = None) -> list[Asked]:
        """The questions for this score; none while there is no score."""
        if score is None or not self.design.questions:
            return []
        category = nps.classify(score)
        questions = [question for question in self.design.questions if category in question.categories]
        return questionnaire.asked(questions, self._filled_words, self.answers, back)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Of what stands, by key. No answer to a question has none here."""
        said = {key: questionnaire.fingerprint(value) for key, value in self.answers.items()}
        return {**said, questionnaire.COMMENT: questionnaire.fingerprint(self.comment or "")}

    def links(self, score: int) -> list[ShownLink]:
        category = nps.classify(score)
        return [
            ShownLink(link.url, self._fill(label))
            for link in self.design.links
            if category in link.categories and (label := self.link_words.get(link.key))
        ]

    @cached_property
    def _values(self) -> Mapping[str, str]:
        return placeholders.values(
            name=self.customer_name or "",
            email=self.customer_email or "",
            company=self.company,
            language=self.language,
        )

    def _fill(self, text: str) -> str:
        return placeholders.fill(placeholders.parse(text), self._values) if "{{" in text else text

    @cached_property
    def _filled_words(self) -> Any:
        return _each_text(self.question_words, self._fill)

    def filled(self) -> Self:
        """With the placeholders of its texts filled in for the customer."""
        filled: dict[str, Any] = {name: self._fill(text) for name in _TEXTS if "{{" in (text := getattr(self, name))}
        return replace(self, **filled) if filled else self


def _each_text(said: Any, change: Callable[[str], str]) -> Any:
    """The same nested words with each text changed."""
    if isinstance(said, Mapping):
        return {key: _each_text(value, change) for key, value in said.items()}
    return change(said) if isinstance(said, str) else said


_JSON: Final = ("design", "prompts", "question_words", "link_words", "answers")
_TEXTS: Final = (
    "question",
    "low_label",
    "high_label",
    "comment_prompt",
    "thanks_promoter",
    "thanks_passive",
    "thanks_detractor",
)
FOREVER: Final = timedelta(days=36_500)
