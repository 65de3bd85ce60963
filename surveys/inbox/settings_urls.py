from django.urls import path

from surveys.inbox import settings_views, team_views

app_name = "inbox_settings"

urlpatterns = [
    path("", settings_views.hours, name="hours"),
    path("promises/", settings_views.promises, name="promises"),
    path("teams/", team_views.teams, name="teams"),
    path("teams/trial/", team_views.trial, name="trial"),
    path("teams/new/", team_views.team_new, name="team_new"),
    path("teams/away/", team_views.away, name="away"),
    path("teams/back/", team_views.back, name="back"),
    path("teams/<int:pk>/", team_views.team, name="team"),
    path("teams/<int:pk>/delete/", team_views.team_delete, name="team_delete"),
    path("teams/<int:pk>/restore/", team_views.team_restore, name="team_restore"),
    path("teams/<int:pk>/up/", team_views.team_up, name="team_up"),
]
