"""A name for what a page of figures, or the list of responses, shows."""

from urllib.parse import parse_qs, urlsplit

from surveys.accounts.models import SavedView
from surveys.customers.models import PropertyUse
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
