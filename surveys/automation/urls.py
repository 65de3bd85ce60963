from django.urls import path

from surveys.automation import edit_views, limit_views, log_views, rule_views

app_name = "automation"

urlpatterns = [
    path("", rule_views.rules, name="rules"),
    path("plays/", rule_views.plays, name="plays"),
    path("plays/use/", rule_views.play_use, name="play_use"),
    path("limits/", limit_views.limits, name="limits"),
    path("new/", edit_views.new, name="new"),
    path("responses/<int:pk>/", log_views.response, name="response"),
    path("<int:pk>/", rule_views.rule, name="rule"),
    path("<int:pk>/edit/", edit_views.edit, name="edit"),
    path("<int:pk>/log/", log_views.log, name="log"),
    path("<int:pk>/switch/", rule_views.switch, name="switch"),
    path("<int:pk>/try/", rule_views.try_out, name="try"),
    path("<int:pk>/move/", rule_views.move, name="move"),
    path("<int:pk>/delete/", rule_views.delete, name="delete"),
    path("<int:pk>/restore/", rule_views.restore, name="restore"),
]
