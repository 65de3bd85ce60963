"""An admin writes rules on the pages, sees what they would do and did, and nobody else changes them."""

import re
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import AuditEntry
from surveys.automation.models import Rule, RuleRun, RuleTrial
from surveys.customers.models import Customer, Property
from surveys.inbox.models import InboxSettings
from tests import factories
from tests.automation.world import DAY, DETRACTORS, HOUR, MAIL, MINUTE, NOON, World, outcome
from tests.people import Person

EVIL = "<script>alert(1)</script>"


def typed(**more: Any) -> dict[str, Any]:
    """A form with a condition on the score, and a mail after an hour."""
    return {
        "name": "Say sorry",
        "trigger": "confirmed",
        "holdout_percent": "0",
        "c.word": "all",
        "c-0.field": "score",
        "c-0.op": "at_most",
        "c-0.value": "6",
        "act": ["a1", "a2"],
        "a1.kind": "wait",
        "a1.amount": "2",
        "a1.unit": "hours",
        "a2.kind": "email",
        "a2.from": "organization",
        "a2.subject": "Sorry, {{ first_name|there }}",
        "a2.text": "You said {{ score }}.",
        **more,
    }


def text(answer: Any) -> str:
    return str(answer.content.decode())


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found
    return found[1]


def test_a_rule_that_is_built_on_the_pages_fires(world: World, okafor: Customer) -> None:
    alice = world.alice
    new = alice.url("automation:new")
    added = text(alice.post(new, {"name": "Say sorry", "trigger": "confirmed", "do": "act-add:email"}))
    assert 'name="a1.subject"' in added
    assert 'value="Say sorry"' in added
    moved = text(alice.post(new, typed(do="act-down:a1")))
    assert moved.index('value="a2"') < moved.index('value="a1"')
    inserted = text(alice.post(new, typed(do="act-insert:a2.company")))
    assert "You said {{ score }}. {{ company }}</textarea>" in inserted
    assert "Sorry, there" in inserted or "Sorry, Ada" in inserted
    assert not Rule.objects.exists()

    page = text(alice.post(new, typed(save="1"), follow=True))
    rule = Rule.objects.get()
    assert "Ready to be switched on" in page
    assert [act["kind"] for act in rule.actions] == ["wait", "email"]
    assert rule.actions[0]["minutes"] == 120
    alice.post(alice.url("automation:switch", pk=rule.pk), {"on": "1"})
    Rule.objects.update(live_since=NOON - DAY)

    world.answered(okafor, 9)
    unhappy = world.answered(okafor, 3, at=NOON + MINUTE)
    world.goes_on(NOON + HOUR)
    assert world.mails == []
    world.goes_on(NOON + 3 * HOUR)
    assert world.mails == [("ada@example.com", "Sorry, Ada")]

    log = text(alice.get(alice.url("automation:log", pk=rule.pk)))
    assert "Score is at most 6" in log
    assert "Ada Okafor" in log
    assert "Write to the customer" in log
    assert "Ada Okafor" not in text(alice.get(alice.url("automation:log", pk=rule.pk) + "?outcome=failed"))
    assert "Say sorry" in text(alice.get(alice.url("automation:response", pk=unhappy.pk)))
    assert outcome(rule, unhappy) == "done"


def test_what_is_wrong_is_said_at_its_place_and_nothing_typed_is_lost(world: World) -> None:
    alice, new = world.alice, world.alice.url("automation:new")
    wrong = typed(save="1", **{"a1.amount": "a while", "a2.text": "Dear {{ nobody }}", "c-0.value": "lots"})
    page = text(alice.post(new, wrong))
    assert not Rule.objects.exists()
    assert page.index("“a while” is no time to wait") < page.index('name="a1.amount"')
    assert page.index('id="a2-error"') < page.index('name="a2.subject"')
    for kept in ("a while", "Dear {{ nobody }}", 'value="lots"', "Sorry, {{ first_name|there }}"):
        assert kept in page

    for way in ("1", "draft"):
        open_end = text(alice.post(new, typed(save=way, **{"c-1.field": ""})))
        assert "Choose what this condition asks about, or remove it." in open_end
    assert not Rule.objects.exists(), "without the row it would be about more people than was meant"

    nothing = text(alice.post(new, typed(save="1", act=["a1", "a2", "a3"], **{"a3.kind": "tag", "a3.tag": ""})))
    assert "Choose a tag." in nothing

    gone = typed(save="1", **{"a2.from": "user:999999"})
    assert "not there any more. Choose a colleague." in text(alice.post(new, gone))
    alice.post(new, gone | {"save": "draft"})
    rule = Rule.objects.get()
    shown = text(alice.get(alice.url("automation:rule", pk=rule.pk)))
    assert "Before it can be switched on" in shown
    alice.post(alice.url("automation:switch", pk=rule.pk), {"on": "1"})
    alice.post(alice.url("automation:try", pk=rule.pk), {"days": "30"})
    assert not Rule.objects.get().is_on
    assert not RuleTrial.objects.exists()


def test_two_who_edit_at_once_are_told_what_the_other_changed(world: World, bob: Person) -> None:
    alice = world.alice
    rule = world.rule("confirmed", MAIL, at=timezone.now())
    edit = alice.url("automation:edit", pk=rule.pk)
    first = seen(text(alice.get(edit)))
    alice.post(edit, typed(seen=first, save="1", name="Theirs", holdout_percent="20"))

    clash = alice.post(edit, typed(seen=first, save="1", name="Mine"))
    page = text(clash)
    assert clash.status_code == 409
    assert Rule.objects.get().name == "Theirs"
    for said in ("alice@example.com", "Theirs", "20 %", 'value="Mine"'):
        assert said in page
    alice.post(edit, typed(seen=seen(page), save="1", name="Mine"))
    assert (Rule.objects.get().name, Rule.objects.get().version) == ("Mine", 3)


def test_a_trial_is_shown_with_whom_it_would_have_met_and_why_not(world: World, okafor: Customer) -> None:
    alice, now = world.alice, timezone.now()
    world.answered(okafor, 2, at=now - DAY)
    happy = factories.customer(world.organization, "grace@example.com", name="Grace")
    world.answered(happy, 10, at=now - DAY)
    world.goes_on(now)
    alice.post(alice.url("automation:new"), typed(save="1"))
    rule = Rule.objects.get()

    page = text(alice.post(alice.url("automation:try", pk=rule.pk), {"days": "7"}, follow=True))

    assert "In the last 7 days it would have met 1 of 2." in page
    met, missed = page.split("would have left alone, and why")
    assert "Ada Okafor" in met
    assert "Grace" not in met
    assert "Grace" in missed
    assert "Score is at most 6" in missed
    assert not RuleRun.objects.exists()


def test_a_play_is_ready_once_what_it_lacks_is_there(world: World) -> None:
    alice = world.alice
    assert "Detractor with a comment: answer in person" in text(alice.get(alice.url("automation:rules")))
    for play in ("detractor", "detractor", "review"):
        alice.post(alice.url("automation:play_use"), {"play": play})
    names = list(Rule.objects.order_by("position").values_list("name", flat=True))
    assert names[1] == f"{names[0]} (2)"
    ready, review = Rule.objects.get(name=names[0]), Rule.objects.get(play="review")
    assert "Ready to be switched on" in text(alice.get(alice.url("automation:rule", pk=ready.pk)))
    assert "there is none yet: add one" in text(alice.get(alice.url("automation:rule", pk=review.pk)))
    edited = text(alice.get(alice.url("automation:edit", pk=review.pk)))
    assert "there is none yet: add one" in edited


def test_order_deletion_and_undo(world: World) -> None:
    alice = world.alice
    first, second = world.rule("confirmed", MAIL), world.rule("confirmed", MAIL)
    alice.post(alice.url("automation:move", pk=second.pk), {"up": "1"})
    assert list(Rule.objects.order_by("position").values_list("pk", flat=True)) == [second.pk, first.pk]
    page = text(alice.post(alice.url("automation:delete", pk=first.pk), follow=True))
    assert alice.url("automation:restore", pk=first.pk) in page
    assert alice.get(alice.url("automation:edit", pk=first.pk)).status_code == 404
    assert alice.get(alice.url("automation:log", pk=first.pk)).status_code == 200
    alice.post(alice.url("automation:restore", pk=first.pk))
    first.refresh_from_db()
    assert (first.deleted_at, first.is_on) == (None, False)


def test_an_analyst_sees_and_cannot_change_and_an_outsider_finds_nothing(
    world: World, bob: Person, charlie: Person, okafor: Customer
) -> None:
    secret = Property.objects.create(
        organization=world.organization, key="margin", label="Margin", type="number", visible_to_agents=False
    )
    hidden = {"all": [{"field": "customer.p.margin", "op": "at_least", "value": 7}]}
    sets = {"kind": "property", "property": secret.key, "value": 7}
    rule = world.rule("confirmed", sets, conditions=hidden)
    world.answered(okafor, 2)
    world.goes_on(NOON)
    pages = {name: world.alice.url(f"automation:{name}", pk=rule.pk) for name in ("rule", "log", "edit")}
    assert "Margin" in text(world.alice.get(pages["rule"]))
    for name in ("rule", "log"):
        page = text(bob.get(pages[name]))
        assert rule.name in page
        assert "Margin" not in page
        assert "Switch off" not in page
    assert "Margin" not in text(bob.get(bob.url("automation:rules")))
    assert bob.get(pages["edit"]).status_code == 403
    for act in ("switch", "delete", "move", "try"):
        address = world.alice.url(f"automation:{act}", pk=rule.pk)
        assert bob.post(address, {"on": "0"}).status_code == 403
        assert charlie.post(address, {"on": "0"}).status_code == 404
    assert Rule.objects.get(pk=rule.pk).is_on
    assert {charlie.get(page).status_code for page in pages.values()} == {404}
    assert rule.name not in text(charlie.get(charlie.url("automation:rules")))


def test_hostile_words_are_words(world: World, okafor: Customer) -> None:
    alice = world.alice
    Customer.objects.filter(pk=okafor.pk).update(name=EVIL)
    mail = MAIL | {"subject": f"{EVIL} {{{{ name }}}}", "text": EVIL}
    rule = world.rule("confirmed", mail, {"kind": "alert", "to": "admins", "note": EVIL})
    Rule.objects.filter(pk=rule.pk).update(name=EVIL)
    answer = world.answered(okafor, 2)
    world.goes_on(NOON)
    alice.post(alice.url("automation:try", pk=rule.pk), {"days": "365"})
    addresses = [alice.url(f"automation:{name}", pk=rule.pk) for name in ("rule", "edit", "log")]
    addresses += [alice.url("automation:rules"), alice.url("automation:response", pk=answer.pk)]
    for address in addresses:
        page = text(alice.get(address))
        assert "&lt;script&gt;" in page
        assert EVIL not in page


def test_pages_take_as_many_statements_for_many_rules_and_runs_as_for_few(world: World) -> None:
    alice = world.alice
    people = [factories.customer(world.organization) for _ in range(3)]

    def statements(rule: Rule) -> list[int]:
        addresses = [alice.url("automation:rules"), alice.url("automation:log", pk=rule.pk)]
        counts = []
        for address in addresses:
            alice.get(address)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                alice.get(address)
            counts.append(len(captured))
        return counts

    rule = world.rule("confirmed", {"kind": "open"}, MAIL, conditions=DETRACTORS)
    world.answered(people[0], 2)
    world.goes_on(NOON)
    few = statements(rule)
    for number in range(3):
        world.rule("fell", MAIL, conditions=DETRACTORS, holdout_percent=number)
        for person in people:
            world.answered(person, 2 + 4 * (number % 2), at=NOON + timedelta(hours=number + 1))
    world.goes_on(NOON + DAY)
    assert RuleRun.objects.count() > 6
    assert statements(rule) == few


def test_limits_of_automatic_mail(world: World, bob: Person) -> None:
    alice, page = world.alice, world.alice.url("automation:limits")
    assert bob.get(page).status_code == 403
    limits = {"automatic_most": "1", "automatic_days": "30", "automatic_from": "", "automatic_until": ""}
    half = text(alice.post(page, limits | {"automatic_from": "09:00"}))
    assert "Say both" in half
    assert "cannot go over midnight" in text(
        alice.post(page, limits | {"automatic_from": "22:00", "automatic_until": "06:00"})
    )
    assert not InboxSettings.objects.exists()
    alice.post(page, limits)
    kept = InboxSettings.objects.get()
    assert (kept.automatic_most, kept.automatic_days, kept.automatic_from) == (1, 30, None)
    entry = AuditEntry.objects.get(action="inbox_settings.changed")
    assert entry.details["changed"]["automatic_most"] == ["2", "1"]
    stale = limits | {"seen": (kept.updated_at - HOUR).isoformat(), "automatic_most": "5"}
    assert "Somebody else saved settings" in text(alice.post(page, stale))
