"""Pages of customers, without sign-in: /r/ answers, /l/ answers by a rating row, /u/ unsubscribes. PublicPagesMiddleware knows these prefixes."""

from django.urls import URLPattern, path, register_converter

from surveys.responses import public_unsubscribe_views as unsubscribing
from surveys.responses import public_views as views
from surveys.responses import rating_views as ratings
from surveys.responses.public_http import View
from surveys.responses.style_views import style

app_name = "public"


class ScoreConverter:
    regex = "10|[0-9]"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class ColourConverter:
    regex = "[0-9a-f]{6}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value.lower()


class VersionConverter(ColourConverter):
    regex = "[0-9a-f]{8}"


register_converter(ScoreConverter, "score")
register_converter(VersionConverter, "version")
register_converter(ColourConverter, "colour")


def link(route: str, view: View, name: str) -> list[URLPattern]:
    """Answers without its last slash too: mail programs drop it, and a redirect would lose what a POST carries."""
    return [path(route, view, name=name), path(route.removesuffix("/"), view)]


urlpatterns = [
    path("r/style/<colour:colour>-<version:version>.css", style, name="style"),
    path("r/style/<colour:colour>-<version:version>-<slug:logo>.css", style, name="style_with_logo"),
    *link("r/test/<str:token>/", views.trial, "test_page"),
    *link("r/test/<str:token>/<score:score>/", views.trial, "test_answer"),
    *link("r/<str:token>/", views.page, "page"),
    *link("r/<str:token>/thanks/", views.thanks, "thanks"),
    *link("r/<str:token>/seen/", views.seen, "seen"),
    *link("r/<str:token>/more/", views.more, "trap"),
    path("r/<str:token>/<colour:colour>-<version:version>.css", views.style, name="page_style"),
    path("r/<str:token>/<colour:colour>-<version:version>-<slug:logo>.css", views.style, name="page_style_with_logo"),
    *link("r/<str:token>/<score:score>/", views.answer, "answer"),
    *link("l/<str:token>/", ratings.page, "rating"),
    *link("l/<str:token>/seen/", ratings.seen, "rating_seen"),
    *link("l/<str:token>/more/", ratings.more, "rating_trap"),
    path("l/<str:token>/<colour:colour>-<version:version>.css", ratings.style, name="rating_style"),
    path(
        "l/<str:token>/<colour:colour>-<version:version>-<slug:logo>.css", ratings.style, name="rating_style_with_logo"
    ),
    *link("l/<str:token>/<score:score>/", ratings.rate, "rating_answer"),
    *link("u/test/<str:token>/", unsubscribing.trial, "test_unsubscribe"),
    *link("u/<str:token>/", unsubscribing.unsubscribe, "unsubscribe"),
]
