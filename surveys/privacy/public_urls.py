"""Pages of customers about themselves, without sign-in: /p/. PublicPagesMiddleware knows the prefix."""

from surveys.privacy import public_data_views as data
from surveys.privacy import public_views as views
from surveys.responses.public_urls import link

app_name = "preferences"

urlpatterns = [
    *link("p/test/<str:token>/", views.trial, "test"),
    *link("p/data/<str:token>/", data.data, "data"),
    *link("p/<str:token>/", views.page, "page"),
]
