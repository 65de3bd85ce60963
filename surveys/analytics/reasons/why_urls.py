"""Addresses under why/, in the namespace of analytics."""

from django.urls import path

from surveys.analytics.reasons import comment_views, theme_views, why_views

urlpatterns = [
    path("", why_views.themes, name="why"),
    path("standing-out/", why_views.standing_out_card, name="standing_out"),
    path("drivers/", why_views.drivers_page, name="drivers"),
    path("comments/", comment_views.comments, name="comments"),
    path("comments/<int:pk>/", comment_views.comment, name="comment"),
    path("comments/<int:pk>/themes/on/", comment_views.put_on, name="comment_put_on"),
    path("comments/<int:pk>/themes/off/", comment_views.take_off, name="comment_take_off"),
    path("comments/<int:pk>/themes/undo/", comment_views.unrule, name="comment_unrule"),
    path("comments/<int:pk>/sentiment/", comment_views.feel, name="comment_feel"),
    path("comments/<int:pk>/sentiment/undo/", comment_views.unfeel, name="comment_unfeel"),
    path("themes/", theme_views.themes, name="themes"),
    path("themes/new/", theme_views.theme_new, name="theme_new"),
    path("themes/preview/", theme_views.preview, name="theme_preview"),
    path("themes/begin/", theme_views.begin, name="themes_begin"),
    path("themes/search/", theme_views.search, name="themes_search"),
    path("themes/read/", theme_views.read_anew, name="themes_read"),
    path("themes/progress/", theme_views.progress, name="themes_progress"),
    path("themes/progress/<int:pk>/stop/", theme_views.stop, name="themes_stop"),
    path("themes/<int:pk>/", why_views.theme, name="theme"),
    path("themes/<int:pk>/edit/", theme_views.theme_edit, name="theme_edit"),
    path("themes/<int:pk>/switch/", theme_views.switch, name="theme_switch"),
    path("themes/<int:pk>/adopt/", theme_views.adopt, name="theme_adopt"),
    path("themes/<int:pk>/merge/", theme_views.merge, name="theme_merge"),
    path("themes/<int:pk>/delete/", theme_views.delete, name="theme_delete"),
    path("themes/<int:pk>/restore/", theme_views.restore, name="theme_restore"),
]
