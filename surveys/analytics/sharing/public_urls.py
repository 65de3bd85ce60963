"""Pages about figures without sign-in: /s/ reads a saved view, /d/ ends a mail with figures. PublicPagesMiddleware knows both."""

from surveys.analytics.sharing import public_views as views
from surveys.responses.public_urls import link

app_name = "shared"

urlpatterns = [
    *link("s/<str:token>/", views.shared, "view"),
    *link("d/<str:token>/", views.unsubscribe, "unsubscribe"),
]
