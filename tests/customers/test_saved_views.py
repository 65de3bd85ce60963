"""Views of the list: saved, shared, opened with, and who may change which."""

from django.utils import timezone

from surveys.accounts.models import Organization, Role, SavedView
from surveys.customers.models import Segment, SegmentUse
from tests import factories
from tests.people import Person


def save(person: Person, name: str, query: str = "?sort=name", **form: str) -> str:
    return person.post(person.url("views:page", page="customers") + query, {"name": name} | form).content.decode()


def test_a_view_is_kept_listed_and_shown(alice: Person, bob: Person, charlie: Person) -> None:
    for name, score in (("Ada", 10), ("Bea", 2)):
        factories.customer(alice.organization, name=name, last_score=score)
    save(alice, "Fans", "?category=promoter&col=email&after=x", is_shared="on")
    save(alice, "Mine")
    fans, mine = SavedView.objects.order_by("pk")
    assert fans.query == "category=promoter&col=email"

    page = bob.get(bob.url("customers:list") + f"?view={fans.pk}").content.decode()
    assert "Ada" in page
    assert "Bea" not in page
    assert 'data-label="Email"' in page
    assert "Mine" not in page
    assert "Bea" in bob.get(bob.url("customers:list") + f"?view={mine.pk}").content.decode()  # not bob's: as none
    assert "Fans" not in charlie.get(charlie.url("views:page", page="customers")).content.decode()
    assert charlie.post(charlie.url("views:delete", pk=fans.pk)).status_code == 404


def test_names_are_ones_own_and_once(alice: Person, bob: Person) -> None:
    save(alice, "Fans")
    assert "already" in save(alice, "fans")
    save(bob, "Fans")
    assert SavedView.objects.count() == 2
    assert "This field is required." in save(alice, "")


def test_only_ones_own_views_are_changed_and_shared_ones_by_who_runs_the_organization(
    alice: Person, bob: Person
) -> None:
    bob.becomes(Role.AGENT)
    save(alice, "Fans", is_shared="on")
    save(bob, "Bobs", is_shared="on")
    fans, bobs = SavedView.objects.order_by("pk")
    assert bob.post(bob.url("views:view", pk=fans.pk), {"name": "Ours"}).status_code == 403
    alice.post(alice.url("views:view", pk=bobs.pk), {"name": "Team", "is_shared": "on"})
    alice.post(alice.url("views:view", pk=fans.pk), {"query": "sort=-name&after=x"})
    assert set(SavedView.objects.values_list("name", "query")) == {("Fans", "sort=-name"), ("Team", "sort=name")}
    bob.post(bob.url("views:delete", pk=bobs.pk))
    assert list(SavedView.objects.all()) == [fans]


def test_the_list_opens_with_a_view_until_it_does_not(alice: Person) -> None:
    factories.customer(alice.organization)
    save(alice, "Fans")
    view = SavedView.objects.get()
    alice.post(alice.url("views:open", pk=view.pk))
    assert alice.get(alice.url("customers:list"))["Location"].endswith(f"?view={view.pk}")
    assert alice.get(alice.url("customers:list") + "?view=").status_code == 200
    alice.post(alice.url("views:delete", pk=view.pk))
    assert alice.get(alice.url("customers:list")).status_code == 200


def test_a_segment_that_a_view_asks_about_is_held(alice: Person) -> None:
    at = alice.organization.created_at
    segment = Segment.objects.create(
        organization=alice.organization, name="S", conditions={}, created_at=at, updated_at=at
    )
    save(alice, "Fans", f"?segment={segment.pk}")
    assert SegmentUse.objects.get().segment_id == segment.pk
    alice.post(alice.url("views:delete", pk=SavedView.objects.get().pk))
    assert not SegmentUse.objects.exists()


def test_a_stopped_organization_keeps_its_views_as_they_are(alice: Person) -> None:
    save(alice, "Mine")
    view = SavedView.objects.get()
    Organization.objects.filter(pk=alice.organization.pk).update(suspended_at=timezone.now())

    answers = [
        alice.post(alice.url("views:page", page="customers"), {"name": "Another"}),
        alice.post(alice.url("views:view", pk=view.pk), {"name": "Renamed"}),
        alice.post(alice.url("views:delete", pk=view.pk)),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert [each.name for each in SavedView.objects.all()] == ["Mine"]
    page = alice.get(alice.url("views:page", page="customers")).content.decode()
    assert "Mine" in page
    assert alice.url("views:delete", pk=view.pk) not in page
