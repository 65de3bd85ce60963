"""Pages of customers, without sign-in: /r/ answers, /u/ unsubscribes. PublicPagesMiddleware knows these prefixes."""

from django.urls import path, register_converter

from surveys.responses import public_views as views

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


register_converter(ScoreConverter, "score")
register_converter(ColourConverter, "colour")

urlpatterns = [
    path("r/style/<colour:colour>-<slug:version>.css", views.style, name="style"),
    path("r/test/<str:token>/", views.trial, name="test_page"),
    path("r/test/<str:token>/<score:score>/", views.trial, name="test_answer"),
    path("r/<str:token>/", views.page, name="page"),
    path("r/<str:token>/<score:score>/", views.answer, name="answer"),
    path("u/test/<str:token>/", views.trial_unsubscribe, name="test_unsubscribe"),
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
