"""Workers that look for posts at the same moment: of one connection one post is on its way, and none is anybody else's."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from surveys.integrations.actions import sending
from surveys.integrations.models import HookPost
from tests.integrations.test_posting import hook
from tests.people import Person

WORKERS = 4


@pytest.mark.django_db(transaction=True)
def test_workers_take_one_post_of_a_connection(alice: Person, settings: Settings) -> None:
    settings.HOOKS_AT_ONCE = 30
    hooks = [hook(alice, "https://hooks.example.com/", name=str(n)) for n in range(40)]
    at, together = timezone.now(), Barrier(WORKERS)
    about = {"organization": alice.organization, "body": {"type": "a"}, "due_at": at, "created_at": at}
    HookPost.objects.bulk_create(HookPost(hook=each, key=key, **about) for each in hooks for key in "ab")

    def work() -> list[int]:
        try:
            together.wait()
            return [post.hook_id for post in iter(lambda: sending.claim(at=at), None)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        taken = [one for each in [pool.submit(work) for _ in range(WORKERS)] for one in each.result()]
    assert len(taken) == len(set(taken)) == settings.HOOKS_AT_ONCE
