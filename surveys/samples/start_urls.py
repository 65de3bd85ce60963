from django.urls import path

from surveys.samples import views

app_name = "samples_start"

urlpatterns = [path("", views.load, name="load")]
