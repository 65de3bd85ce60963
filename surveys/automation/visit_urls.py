"""Links to review sites and to recommend a company, without sign-in: /v/. PublicPagesMiddleware knows it."""

from surveys.automation import visit_views as views
from surveys.responses.public_urls import link

app_name = "visits"

urlpatterns = [*link("v/<str:token>/", views.go, "go")]
