from django.urls import path

from surveys.responses import preview_views, views

app_name = "responses"

urlpatterns = [
    path("", views.feed, name="feed"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/count/", views.count_it, name="count_it"),
    path("<int:pk>/do-not-count/", views.do_not_count_it, name="do_not_count_it"),
    path("<int:pk>/undo-judgement/", views.undo_judgement, name="undo_judgement"),
    path("preview/<int:pk>/<int:score>/", preview_views.preview, name="preview"),
    path("preview/<int:pk>/<int:score>/thanks/", preview_views.preview_thanks, name="preview_thanks"),
]
