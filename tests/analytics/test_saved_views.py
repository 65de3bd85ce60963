"""A name for what a page of figures, or the list of responses, shows."""

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from django.utils import timezone

from surveys.accounts.models import SavedView
from surveys.accounts.queries import saved_views
from surveys.customers.models import Property, PropertyUse, PropertyWork
from tests.analytics.book import Book
from tests.people import Person


def save(person: Person, page: str, name: str, query: str) -> SavedView:
    person.post(person.url("views:page", page=page) + query, {"name": name, "is_shared": "on"})
    return SavedView.objects.get(name=name)


def shown(person: Person, address: str) -> dict[str, list[str]]:
    """The query that the page is looked at with in the end."""
    answer = person.get(address)
    while answer.status_code == 302:
        address = answer["Location"]
        answer = person.get(address)
    assert answer.status_code == 200
    return parse_qs(urlsplit(address).query)


def test_a_view_of_figures_shows_what_was_chosen_and_relative_days_stay_relative(alice: Person, bob: Person) -> None:
    Book(alice.organization, seed=3)
    view = save(alice, "overview", "Pro of late", "?period=30d&p.plan=Pro&view=7")
    assert view.query == "period=30d&p.plan=Pro"

    page = shown(bob, bob.url("analytics:overview") + f"?view={view.pk}")

    assert page == {"period": ["30d"], "p.plan": ["Pro"], "view": [str(view.pk)]}
    assert PropertyUse.objects.get(user_id=view.pk).property.key == "plan"


def test_every_page_of_figures_keeps_its_views_and_holds_what_they_ask_about(alice: Person) -> None:
    Book(alice.organization, seed=3)
    sides = "?l=p.plan%3DFree%26tag%3D7&r=p.plan%3DTeam"
    view = save(alice, "compare", "Free or Team", sides)
    assert shown(alice, alice.url("analytics:compare") + f"?view={view.pk}")["l"] == ["p.plan=Free&tag=7"]
    assert PropertyUse.objects.filter(user_id=view.pk, property__key="plan").exists()
    assert saved_views.asking_about(alice.organization, "tag", 7) == [view]
    assert not saved_views.asking_about(alice.organization, "tag", 77)

    for name in ("compare", "recoveries", "falls", "watch", "risk", "comments", "drivers"):
        page = alice.get(alice.url(f"analytics:{name}") + "?period=12m").content.decode()
        assert "Save this view" in page, name
        assert "Report to print" in page, name


def test_a_page_knows_which_view_it_shows_while_filters_change(alice: Person) -> None:
    """By each way that the page has: a filter taken out, the form, the conditions; the last filter too."""
    Book(alice.organization, seed=3).import_many(20)
    for page, name in (("responses", "responses:feed"), ("overview", "analytics:overview")):
        view = save(alice, page, f"Pro, {page}", "?p.plan=Pro")
        start = alice.url(name) + f"?p.plan=Pro&view={view.pk}"
        found = alice.get(start).content.decode()

        [taken_out] = map(unescape, re.findall(r'href="([^"]*)"[^>]*>Plan: Pro ', found))
        after = shown(alice, urljoin(start, taken_out))

        assert after["view"] == [str(view.pk)]
        assert "p.plan" not in after
        assert "Keep the changes in" in alice.get(urljoin(start, taken_out)).content.decode()
        assert f'name="view" value="{view.pk}"' in found
        assert re.search(rf"view={view.pk}&amp;[^\"]*back=", found)
    alice.post(alice.url("views:open", pk=SavedView.objects.get(page="responses").pk))
    everything = re.search(
        r'href="([^"]+)">Remove all filters', alice.get(alice.url("responses:feed"), follow=True).content.decode()
    )
    assert everything
    assert shown(alice, everything[1]) == {}


def test_what_a_view_filters_by_stays_comparable_as_long_as_the_view_is_there(alice: Person) -> None:
    """Without the filter it would show everybody, or nothing."""
    Book(alice.organization, seed=3)
    plan = Property.objects.get(organization=alice.organization, key="plan")
    where = urlencode({"where": '{"all":[{"field":"p.plan","op":"one_of","value":["Pro"]}]}'})
    save(alice, "overview", "By a condition", f"?{where}")
    address = alice.url("customers:property_compare", pk=plan.pk)
    for page, query in (("overview", "?p.plan=Pro"), ("compare", "?l=p.plan%3DFree&r=unset%3Dp.plan")):
        view = save(alice, page, "Pro", query)
        refused = alice.post(address, {"wanted": "0"}, follow=True).content.decode()
        assert "Conditions ask about this property." in refused
        assert alice.url("views:view", pk=view.pk) in refused
        assert not PropertyWork.objects.exists()
        alice.post(alice.url("views:delete", pk=view.pk))

    alice.post(address, {"wanted": "0"})
    assert PropertyWork.objects.get().kind == "regroup"


def test_a_page_opens_with_the_view_a_person_chose(alice: Person, bob: Person) -> None:
    for page, name in (("overview", "analytics:overview"), ("responses", "responses:feed")):
        view = save(alice, page, f"Fans of {page}", "?category=promoter")
        alice.post(alice.url("views:open", pk=view.pk))
        assert shown(alice, alice.url(name))["category"] == ["promoter"]
        assert shown(alice, alice.url(name) + "?category=detractor") == {"category": ["detractor"]}
        assert shown(bob, bob.url(name)) == {}


def test_a_view_is_replaced_by_what_is_shown_now_and_says_that_it_is_not_that_any_more(alice: Person) -> None:
    Book(alice.organization, seed=3).import_many(3)
    view = save(alice, "overview", "Fans", "?category=promoter")
    changed = alice.url("analytics:overview") + f"?category=promoter&compare=year&view={view.pk}"
    page = alice.get(changed).content.decode()
    assert "Keep the changes in “Fans”" in page

    alice.post(alice.url("views:view", pk=view.pk), {"query": "category=promoter&compare=year"})

    assert "Keep the changes" not in alice.get(changed).content.decode()


def test_the_list_of_responses_understands_the_period_of_a_page_of_figures(alice: Person) -> None:
    today = timezone.now().date()
    page = shown(alice, alice.url("responses:feed") + "?period=7d&score=9")
    days = [date.fromisoformat(page.pop(name)[0]) for name in ("from", "to")]
    assert page == {"score": ["9"]}
    assert days[1] - days[0] == timedelta(days=6)
    assert abs(days[1] - today) <= timedelta(days=1)

    answer = alice.get(alice.url("responses:feed") + "?period=7years", follow=True)
    assert "“period=7years” was left out" in answer.content.decode()
