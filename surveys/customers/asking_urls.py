from django.urls import path

from surveys.customers import asking_views

app_name = "asking"

urlpatterns = [path("settings/asking/", asking_views.asking, name="settings")]
