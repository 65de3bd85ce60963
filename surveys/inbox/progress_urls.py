from django.urls import path

from surveys.inbox import progress_views

app_name = "inbox_acts"

urlpatterns = [
    path("", progress_views.acts, name="list"),
    path("<int:pk>/", progress_views.act, name="act"),
    path("<int:pk>/stop/", progress_views.act_stop, name="act_stop"),
    path("<int:pk>/undo/", progress_views.act_undo, name="act_undo"),
]
