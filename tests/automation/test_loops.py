"""Rules cannot start rules: what they do is none of what they wait for, and each acts once for each answer."""

from surveys.accounts.models import Role
from surveys.automation import acts, engine
from surveys.automation.models import RuleRun, Trigger
from surveys.customers.models import Customer, Property, PropertyType
from surveys.integrations.models import Hook
from surveys.outbox import listeners
from surveys.outbox.models import Event
from surveys.responses.models import Tag
from tests.automation.world import HOUR, MAIL, NOON, World
from tests.people import Person

# A day with all that can be done in it: were one act to start a rule, there would be no end.
_OFTEN = 20


def every_act(world: World, bob: Person) -> list[dict[str, object]]:
    organization = world.organization
    tag = Tag.objects.create(organization=organization, name="Seen", created_at=NOON)
    Property.objects.create(organization=organization, key="plan", label="Plan", type=PropertyType.TEXT)
    hook = Hook.objects.create(organization=organization, name="Slack", kind="slack", address="x", created_at=NOON)
    found: list[dict[str, object]] = [
        {"kind": "tag", "tag": tag.pk},
        {"kind": "property", "property": "plan", "value": "Rescue"},
        {"kind": "open", "priority": 1},
        {"kind": "assign", "to": "user", "user": bob.membership.user_id},
        {"kind": "alert", "to": "admins"},
        {"kind": "hook", "hook": hook.pk},
        dict(MAIL),
    ]
    assert {act["kind"] for act in found} == {kind.key for kind in acts.KINDS.values() if kind.is_step}
    return found


def test_rules_with_every_act_for_every_trigger_end(world: World, okafor: Customer, bob: Person) -> None:
    bob.becomes(Role.AGENT)
    everything = every_act(world, bob)
    for trigger in Trigger:
        fitting = [act for act in everything if trigger != Trigger.SILENT or act["kind"] != "tag"]
        world.rule(trigger, *fitting, silent_days=1 if trigger == Trigger.SILENT else None)
    asked = world.asked(okafor)
    world.answered(asked, 9)
    world.answered(asked, 2, "Terrible", at=NOON)

    for hour in range(_OFTEN):
        world.goes_on(NOON + hour * HOUR)
    ran = RuleRun.objects.count()
    for hour in range(_OFTEN, 2 * _OFTEN):
        world.goes_on(NOON + hour * HOUR)

    assert ran == RuleRun.objects.count() == 4  # confirmed, amended, commented, fell
    published = set(Event.objects.values_list("kind", flat=True))
    assert {"rule.fired", "conversation.opened", "conversation.assigned"} <= published
    by_acts = {kind for kind in published if kind.partition(".")[0] in ("rule", "conversation")}
    assert not by_acts & (engine.SETS_OFF.keys() - {"conversation.overdue"})


def test_rules_hear_of_what_customers_do_and_of_time_that_has_passed_alone() -> None:
    """Who subscribes them to more has to think about loops again: docs/automation.md."""
    heard = {kind for kind, handlers in listeners._after_commit.items() if engine.consider in handlers}
    assert heard == set(engine.SETS_OFF)
    assert heard == {
        "response.confirmed",
        "response.amended",
        "response.commented",
        "responses.read",
        "conversation.overdue",
    }
