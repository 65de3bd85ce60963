from django.urls import path

from surveys.responses import act_views, mark_views, preview_views, tag_views, views

app_name = "responses"

urlpatterns = [
    path("", views.feed, name="feed"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/count/", views.count_it, name="count_it"),
    path("<int:pk>/do-not-count/", views.do_not_count_it, name="do_not_count_it"),
    path("<int:pk>/undo-judgement/", views.undo_judgement, name="undo_judgement"),
    path("<int:pk>/junk/", mark_views.exclude, name="exclude"),
    path("<int:pk>/no-junk/", mark_views.include, name="include"),
    path("<int:pk>/add-tag/", mark_views.add_tag, name="add_tag"),
    path("<int:pk>/remove-tag/", mark_views.remove_tag, name="remove_tag"),
    path("<int:pk>/marks/<int:change>/take-back/", mark_views.take_back, name="take_back"),
    path("many/", act_views.bulk, name="bulk"),
    path("many/<int:pk>/", act_views.act, name="act"),
    path("many/<int:pk>/stop/", act_views.act_stop, name="act_stop"),
    path("many/<int:pk>/undo/", act_views.act_undo, name="act_undo"),
    path("tags/", tag_views.tags, name="tags"),
    path("tags/<int:pk>/", tag_views.tag, name="tag"),
    path("tags/<int:pk>/merge/", tag_views.tag_merge, name="tag_merge"),
    path("tags/<int:pk>/delete/", tag_views.tag_delete, name="tag_delete"),
    path("preview/<int:pk>/<int:score>/", preview_views.preview, name="preview"),
    path("preview/<int:pk>/<int:score>/thanks/", preview_views.preview_thanks, name="preview_thanks"),
]
