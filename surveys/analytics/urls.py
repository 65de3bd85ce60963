from django.urls import path

from surveys.analytics import export_views, views

app_name = "analytics"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("campaigns/<int:pk>/results/", views.campaign, name="campaign"),
    path("export/<slug:page>/<slug:table>.<slug:form>", export_views.table, name="export"),
]
