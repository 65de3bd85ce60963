from django.urls import path

from surveys.campaigns import (
    check_views,
    language_views,
    people_views,
    progress_views,
    question_views,
    rule_views,
    views,
    writing_views,
)

app_name = "campaigns"

urlpatterns = [
    path("", views.campaigns, name="list"),
    path("new/", writing_views.new, name="new"),
    path("<int:pk>/", progress_views.detail, name="detail"),
    path("<int:pk>/people/", people_views.people, name="people"),
    path("<int:pk>/progress/", progress_views.progress, name="progress"),
    path("<int:pk>/message/", writing_views.message, name="message"),
    path("<int:pk>/questions/", question_views.questions, name="questions"),
    path("<int:pk>/languages/", language_views.all_of, name="languages"),
    path("<int:pk>/languages/add/", language_views.add, name="language_add"),
    path("<int:pk>/languages/<slug:language>/", language_views.one, name="language"),
    path("<int:pk>/languages/<slug:language>/remove/", language_views.remove, name="language_remove"),
    path("<int:pk>/languages/<slug:language>/restore/", language_views.restore, name="language_restore"),
    path("<int:pk>/languages/<slug:language>/main/", language_views.main, name="language_main"),
    path("<int:pk>/audience/", writing_views.audience, name="audience"),
    path("<int:pk>/when/", rule_views.when, name="when"),
    path("<int:pk>/check/", check_views.check, name="check"),
    path("<int:pk>/check/people/", check_views.foreseen, name="foreseen"),
    path("<int:pk>/check/people.csv", check_views.foreseen_file, name="foreseen_file"),
    path("<int:pk>/planner/", check_views.planner, name="planner"),
    path("<int:pk>/launch/", views.launch, name="launch"),
    path("<int:pk>/undo/", views.undo, name="undo"),
    path("<int:pk>/pause/", views.pause, name="pause"),
    path("<int:pk>/resume/", views.resume, name="resume"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/archive/", views.archive, name="archive"),
    path("<int:pk>/unarchive/", views.unarchive, name="unarchive"),
    path("<int:pk>/duplicate/", views.duplicate, name="duplicate"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/restore/", views.restore, name="restore"),
]
