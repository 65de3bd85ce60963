from django.urls import path

from surveys.automation import effect_views as views

app_name = "effect"

urlpatterns = [
    path("effect/", views.page, name="page"),
    path("effect/<slug:table>.<slug:form>", views.table, name="table"),
]
