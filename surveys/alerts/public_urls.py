"""Below /d/, which ends mails to colleagues. PublicPagesMiddleware knows it."""

from surveys.alerts import public_views as views
from surveys.responses.public_urls import link

app_name = "alert_mails"

urlpatterns = [*link("d/alerts/<str:token>/", views.stop, "stop")]
