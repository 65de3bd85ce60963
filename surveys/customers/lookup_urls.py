from django.urls import path

from surveys.customers import lookup_views as views

app_name = "lookup"

urlpatterns = [path("lookup/", views.page, name="page")]
