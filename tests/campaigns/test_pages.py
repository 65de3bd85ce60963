"""The pages, as people use them: writing, choosing an audience, checking, launching, stopping."""

import html
from datetime import timedelta

import pytest
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns import actions
from surveys.campaigns.actions import versions
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.models import Campaign, Status, Wording
from surveys.campaigns.texts import Texts, defaults
from surveys.customers.models import Property
from surveys.delivery.models import Delivery, PlanDecision
from surveys.responses.actions import PastAsk, import_history
from tests import factories
from tests.people import Person

HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(alice: Person) -> Campaign:
    return factories.campaign(alice.organization, "Autumn pulse")


@pytest.fixture
def plans(alice: Person) -> None:
    """Plan is a segmentable property, seats a number; five customers."""
    Property.objects.create(
        organization=alice.organization, key="plan", label="Plan", type="text", segmentable=True, position=0
    )
    Property.objects.create(organization=alice.organization, key="seats", label="Seats", type="number", position=1)
    for plan, seats in (("Pro", 5), ("Pro", 50), ("Team", 10), ("Free", 1)):
        chosen = factories.property_set(alice.organization, plan=plan)
        factories.customer(alice.organization, properties={"plan": plan, "seats": seats}, property_set=chosen)
    pro = factories.property_set(alice.organization, plan="Pro")
    factories.customer(alice.organization, email=None, external_id="x1", properties={"plan": "Pro"}, property_set=pro)


def page(person: Person, name: str, campaign: Campaign) -> str:
    response = person.get(person.url(f"campaigns:{name}", pk=campaign.pk))
    assert response.status_code == 200
    return response.content.decode()


def typed(campaign: Campaign, **changes: str) -> dict[str, str]:
    wording = Wording.objects.get(campaign=campaign)
    names = [field.name for field in Wording._meta.fields if field.name not in ("id", "organization", "campaign")]
    words = {name: str(getattr(wording, name)) for name in names}
    return words | {"name": campaign.name, "save": "message"} | changes


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_campaign_begins_with_words_that_can_be_sent(alice: Person) -> None:
    assert "No campaigns yet" in alice.get(alice.url("campaigns:list")).content.decode()

    alice.post(alice.url("campaigns:new"), {"name": "Autumn pulse"})

    campaign = Campaign.objects.get()
    assert (campaign.name, campaign.status, campaign.created_by) == ("Autumn pulse", "draft", alice.membership.user)
    assert "recommend Acme" in alice.get(alice.url("delivery:preview", pk=campaign.pk, part="txt")).content.decode()
    assert "Autumn pulse" in alice.get(alice.url("campaigns:list")).content.decode()
    alice.post(alice.url("campaigns:message", pk=campaign.pk), typed(campaign, subject="One question"))
    assert Wording.objects.get().subject == "One question"
    assert AuditEntry.objects.get(action="campaign.edited").details["changed"]["subject"][1] == "One question"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("subject", "Hi\r\nBcc: everyone@example.com", "has to be one line"),
        ("question", "Do you\u2028like us?", "has to be one line"),
        ("subject", "Hi {{ frist_name }}", "is not a known placeholder"),
        ("intro", "Hi {% include 'secret' %} {{ settings }}", "is not a known placeholder"),
        ("high_label", "Likely {{ first_name", "stands alone"),
        ("question", "Is {% if plan %}Pro{% endif %} good?", "“{% if plan %}” would be sent as it stands"),
        ("intro", "Why? {# ask kindly #}", "“{# ask kindly #}” would be sent as it stands"),
        ("subject", "", "required"),
        ("subject", "long " * 50, "at most 200 characters"),
    ],
)
def test_words_that_would_break_a_mail_are_refused_and_kept_in_the_form(
    alice: Person, draft: Campaign, field: str, value: str, says: str
) -> None:
    response = alice.post(
        alice.url("campaigns:message", pk=draft.pk), typed(draft, **{field: value, "low_label": "Changed"})
    )

    shown = response.content.decode()
    assert says in shown
    assert "Changed" in shown
    assert Wording.objects.get(campaign=draft).low_label != "Changed"


def test_the_preview_shows_what_is_typed_and_stores_nothing(alice: Person, draft: Campaign) -> None:
    words = typed(
        draft, subject="Hello {{ first_name|there }}", question="<b>Why</b>, {{ oops", thanks_promoter="Hooray!"
    )

    email = alice.post(alice.url("delivery:preview", pk=draft.pk, part="html"), words)
    text = alice.post(alice.url("delivery:preview", pk=draft.pk, part="txt"), words)
    survey = alice.post(alice.url("responses:preview", pk=draft.pk, score=10), words)
    thanks = alice.post(alice.url("responses:preview_thanks", pk=draft.pk, score=10), words | {"part": "questions"})

    assert "Hello Ada" in email.content.decode()
    assert "&lt;b&gt;Why&lt;/b&gt;" in email.content.decode()
    assert "<b>Why" not in email.content.decode() + survey.content.decode()
    assert text.headers["Content-Type"].startswith("text/plain")
    assert "Hooray!" in thanks.content.decode()
    assert Wording.objects.get(campaign=draft).subject == "How are we doing, {{ first_name|there }}?"


@pytest.mark.parametrize("name", ["Bäckerei Öz", "Quote, Inc.", "株式会社アクメ"])
def test_the_sender_is_shown_as_people_write_it(alice: Person, draft: Campaign, name: str) -> None:
    factories.customer(alice.organization)
    type(alice.organization).objects.update(sender_name=name, sender_email="hello@acme.example")

    for part in ("html", "txt"):
        shown = alice.get(alice.url("delivery:preview", pk=draft.pk, part=part)).content.decode()
        assert f"{name} <hello@acme.example>" in html.unescape(shown)
    assert f"<dd>{name} <hello@acme.example></dd>" in html.unescape(page(alice, "check", draft))


@pytest.mark.parametrize("name", ["delivery:preview", "responses:preview"])
def test_nothing_can_run_in_a_preview(alice: Person, charlie: Person, draft: Campaign, name: str) -> None:
    part = {"part": "html"} if name.startswith("delivery") else {"score": 3}

    policy = alice.get(alice.url(name, pk=draft.pk, **part)).headers["Content-Security-Policy"]

    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert charlie.get(charlie.url(name, pk=draft.pk, **part)).status_code == 404


def test_who_edits_what_was_launched_meanwhile_is_told_and_the_second_save_makes_a_version(
    alice: Person, draft: Campaign
) -> None:
    words, seen = typed(draft, subject="Better words"), versions.stamp(draft, Part.MESSAGE)
    actions.launch(campaign=draft, by=alice.membership, at=timezone.now())

    told = alice.post(alice.url("campaigns:message", pk=draft.pk), words | {"seen": seen})
    assert "was changed since you opened it" in told.content.decode()
    assert "Better words" in told.content.decode()
    assert Campaign.objects.get(pk=draft.pk).version == 1

    alice.post(alice.url("campaigns:message", pk=draft.pk), words | {"seen": told.context["seen"]})
    assert list(Wording.objects.order_by("version").values_list("version", "subject")) == [
        (1, "How are we doing, {{ first_name|there }}?"),
        (2, "Better words"),
    ]


# ── The audience ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("plans")
def test_an_audience_is_built_without_script_and_its_count_is_live(alice: Person, draft: Campaign) -> None:
    url = alice.url("campaigns:audience", pk=draft.pk)
    assert "Everyone" in alice.get(url).content.decode()

    added = alice.post(url, {"c.word": "all", "do": "add:c"})
    assert 'name="c-0.field"' in added.content.decode()
    row = {
        "c.word": "all",
        "c-0.field": "p.plan",
        "c-0.op": "one_of",
        "c-0.boxes": "1",
        "c-0.value": ["Pro", "Team"],
    }
    counted = alice.post(url, {**row, "do": "count"}).content.decode()
    assert '<p class="figure">4</p>' in counted
    assert "1 of them without an email address" in counted
    assert "Plan is Pro or Team" in counted

    more = {**row, "c-1.field": "p.seats", "c-1.op": "greater", "c-1.value": "9"}
    assert '<p class="figure">2</p>' in alice.post(url, {**more, "do": "count"}).content.decode()
    assert Campaign.objects.get(pk=draft.pk).audience == {}

    assert alice.post(url, {**more, "save": "check"}).headers["Location"].endswith("/check/")
    assert Campaign.objects.get(pk=draft.pk).audience == {
        "all": [
            {"field": "p.plan", "op": "one_of", "value": ["Pro", "Team"]},
            {"field": "p.seats", "op": "greater", "value": 9},
        ]
    }
    assert "Seats is more than 9" in page(alice, "detail", draft)
    removed = alice.post(url, {**more, "do": "remove:c-0"}).content.decode()
    assert "Seats is more than 9" in removed
    assert "Plan is" not in removed


@pytest.mark.usefixtures("plans")
def test_a_slip_in_a_condition_stands_beside_it_and_nothing_is_stored(alice: Person, draft: Campaign) -> None:
    url = alice.url("campaigns:audience", pk=draft.pk)
    row = {"c.word": "all", "c-0.field": "p.seats", "c-0.op": "greater", "c-0.value": "many"}

    shown = alice.post(url, {**row, "save": "check"}).content.decode()
    assert "“many” is not a number for Seats" in shown
    assert 'value="many"' in shown
    assert "Say what to compare" not in alice.post(url, {**row, "c-0.value": "", "do": "count"}).content.decode()
    assert "Say what to compare" in alice.post(url, {**row, "c-0.value": "", "save": "check"}).content.decode()
    assert Campaign.objects.get(pk=draft.pk).audience == {}


@pytest.mark.usefixtures("plans")
def test_an_audience_whose_property_is_gone_says_so_instead_of_asking_everyone(alice: Person, draft: Campaign) -> None:
    Campaign.objects.filter(pk=draft.pk).update(audience={"all": [{"field": "p.gone", "op": "is_set"}]})

    assert "There is no field “p.gone”" in page(alice, "check", draft)
    assert "There is no field “p.gone”" in page(alice, "audience", draft)
    assert "Launch now" not in page(alice, "check", draft)


# ── Checking and launching ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("plans")
def test_the_check_counts_who_gets_it_and_says_why_others_do_not(alice: Person, draft: Campaign) -> None:
    week_ago = timezone.now() - timedelta(days=7)
    factories.customer(alice.organization, name="Busy Bee", last_asked_at=week_ago, asked_count=1)
    factories.customer(alice.organization, name="Gone Girl", suppression="unsubscribed")

    shown = page(alice, "check", draft)

    assert '<p class="figure">4</p>' in shown
    assert "of 7 in the audience" in shown
    for words in ("Asked recently", "Busy Bee", "Unsubscribed", "Gone Girl", "No email address", "No postal address"):
        assert words in shown
    assert not PlanDecision.objects.exists()


@pytest.mark.usefixtures("plans")
def test_launch_undo_launch_again_and_two_presses_are_one(alice: Person, draft: Campaign) -> None:
    def press(name: str) -> str:
        return alice.post(alice.url(f"campaigns:{name}", pk=draft.pk), follow=True).content.decode()

    assert "data-undo-seconds" in press("launch")
    assert "Launch undone" in press("undo")
    assert "Too late to undo" in press("undo")
    assert "It was launched already" not in press("launch")
    assert "It was launched already" in press("launch")
    assert Campaign.objects.get(pk=draft.pk).wave == 1

    actions.start_due(at=timezone.now() + timedelta(minutes=1))
    assert "Too late to undo" in press("undo")
    assert "Paused" in press("pause")
    assert "was not running any more" in press("pause")
    assert "goes on where it stopped" in press("resume")
    assert "This cannot be undone" in page(alice, "cancel", draft)
    assert "Cancelled" in press("cancel")
    assert "It was over already" in press("cancel")
    assert Campaign.objects.get(pk=draft.pk).status_reason == "Cancelled by Alice."


def test_nobody_can_be_asked_so_there_is_nothing_to_launch(alice: Person, draft: Campaign) -> None:
    shown = page(alice, "check", draft)
    assert "Nobody would get it now" in shown
    assert "Launch now" not in shown


def test_a_test_goes_to_myself_and_changes_no_figure(alice: Person, draft: Campaign) -> None:
    response = alice.post(alice.url("delivery:test", pk=draft.pk), follow=True)

    assert "on its way to alice@example.com" in response.content.decode()
    delivery = Delivery.objects.get()
    assert (delivery.to_address, delivery.kind) == ("alice@example.com", "test")
    assert Campaign.objects.get(pk=draft.pk).status == Status.DRAFT


def test_progress_is_polled_while_it_moves_and_rests_when_it_does_not(alice: Person, draft: Campaign) -> None:
    url = alice.url("campaigns:progress", pk=draft.pk)
    assert alice.get(url).headers["Location"] == alice.url("campaigns:detail", pk=draft.pk)

    Campaign.objects.filter(pk=draft.pk).update(status=Status.LIVE, wave=1, launched_at=timezone.now())
    assert '<noscript><meta http-equiv="refresh"' in page(alice, "detail", draft)
    moving = alice.get(url, headers=HTMX)
    assert moving.status_code == 200
    assert "hx-trigger" in moving.content.decode()

    Campaign.objects.filter(pk=draft.pk).update(status=Status.ENDED)
    resting = alice.get(url, headers=HTMX)
    assert resting.status_code == 286
    assert "hx-trigger" not in resting.content.decode()
    assert 'http-equiv="refresh"' not in page(alice, "detail", draft)


def test_an_imported_past_says_the_same_on_its_page_as_in_the_list(alice: Person) -> None:
    began = timezone.now() - timedelta(days=30)
    past = actions.add_past(
        name="Last year", texts=defaults(), began_at=began, ended_at=began + timedelta(days=9), by=alice.membership
    )
    people = [factories.customer(alice.organization).pk for _ in range(3)]
    asks = [PastAsk(person, past.pk, past.occasion, began, score=9) for person in people]
    import_history(organization=alice.organization, asks=asks, at=timezone.now())

    assert '<dd class="figure">3</dd>' in page(alice, "detail", past)


def test_what_was_cancelled_is_told_apart_from_what_ended(alice: Person) -> None:
    for name in ("Stopped", "Done"):
        factories.campaign(alice.organization, name, status=Status.LIVE, wave=1, launched_at=timezone.now())
    stopped, done = Campaign.objects.order_by("pk")
    actions.cancel(campaign=stopped, by=alice.membership, at=timezone.now())
    actions.finish(campaign=done, at=timezone.now())

    assert '<span class="badge ended">Cancelled</span>' in page(alice, "detail", stopped)
    assert '<span class="badge ended">Ended</span>' in page(alice, "detail", done)
    listed = alice.get(alice.url("campaigns:list")).content.decode()
    assert (listed.count(">Cancelled</span>"), listed.count(">Ended</span>")) == (1, 1)


# ── Others ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_copy_has_the_words_and_the_audience_but_not_the_past(alice: Person, draft: Campaign) -> None:
    audience = {"all": [{"field": "last_asked", "op": "not_set"}]}
    Campaign.objects.filter(pk=draft.pk).update(status=Status.ENDED, wave=1, audience=audience)

    alice.post(alice.url("campaigns:duplicate", pk=draft.pk))

    copy = Campaign.objects.exclude(pk=draft.pk).get()
    assert (copy.name, copy.status, copy.wave, copy.audience) == ("Autumn pulse (copy)", "draft", 0, audience)
    assert Wording.objects.get(campaign=copy).subject == Wording.objects.get(campaign=draft).subject


def test_a_deleted_draft_can_be_brought_back_once(alice: Person, charlie: Person, draft: Campaign) -> None:
    Campaign.objects.filter(pk=draft.pk).update(audience={"all": [{"field": "last_asked", "op": "not_set"}]})
    draft.refresh_from_db()
    words = Texts.of(Wording.objects.get(campaign=draft))

    shown = alice.post(alice.url("campaigns:delete", pk=draft.pk), follow=True).content.decode()
    undo = alice.url("campaigns:restore", pk=draft.pk)
    assert "The draft “Autumn pulse” was deleted." in shown
    assert f'action="{undo}"' in shown
    assert not Campaign.objects.exists()
    charlie.post(charlie.url("campaigns:restore", pk=draft.pk))
    assert not Campaign.objects.exists()

    assert "The draft is back" in alice.post(undo, follow=True).content.decode()
    assert "The draft is back" not in alice.post(undo, follow=True).content.decode()
    back = Campaign.objects.get()
    for same in ("pk", "name", "status", "audience", "created_at", "created_by"):
        assert getattr(back, same) == getattr(draft, same), same
    assert Texts.of(Wording.objects.get()) == words
    assert "was deleted." not in alice.get(alice.url("campaigns:list") + f"?deleted={draft.pk}").content.decode()
    assert "Alice brought it back" in page(alice, "detail", back)


def test_the_history_names_people_and_remembers_the_address_of_those_who_left(
    alice: Person, bob: Person, draft: Campaign
) -> None:
    bob.becomes(Role.ADMIN)
    actions.launch(campaign=draft, by=alice.membership, at=timezone.now())
    actions.undo_launch(campaign=draft, by=bob.membership, at=timezone.now())
    assert "Alice launched it" in page(alice, "detail", draft)

    bob.membership.user.delete()
    assert "bob@example.com took the launch back" in page(alice, "detail", draft)


ACTS = ["launch", "undo", "pause", "resume", "cancel", "duplicate", "delete", "restore"]
PAGES = ["message", "audience", "check", "cancel"]


def test_agents_and_analysts_look_and_do_not_touch(alice: Person, bob: Person, draft: Campaign) -> None:
    for role in (Role.AGENT, Role.ANALYST):
        bob.becomes(role)
        assert "Autumn pulse" in bob.get(bob.url("campaigns:list")).content.decode()
        shown = page(bob, "detail", draft)
        assert "Edit" not in shown
        assert "Check and launch" not in shown
        for name in PAGES:
            assert bob.get(bob.url(f"campaigns:{name}", pk=draft.pk)).status_code == 403, name
        for name in ACTS:
            assert bob.post(bob.url(f"campaigns:{name}", pk=draft.pk)).status_code == 403, name
        assert bob.post(bob.url("delivery:test", pk=draft.pk)).status_code == 403
        assert bob.get(bob.url("campaigns:new")).status_code == 403
    assert Campaign.objects.get().status == Status.DRAFT


def test_an_outsider_cannot_learn_that_a_campaign_exists(charlie: Person, draft: Campaign) -> None:
    for name in ["detail", "progress", *PAGES]:
        headers = HTMX if name == "progress" else {}
        assert charlie.get(charlie.url(f"campaigns:{name}", pk=draft.pk), headers=headers).status_code == 404, name
    for name in ACTS:
        assert charlie.post(charlie.url(f"campaigns:{name}", pk=draft.pk)).status_code == 404, name
    assert charlie.post(charlie.url("delivery:test", pk=draft.pk)).status_code == 404
    assert Campaign.objects.get().status == Status.DRAFT
