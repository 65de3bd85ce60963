"""Writing in conversations, under /o/<slug>/inbox/."""

from django.urls import path

from surveys.inbox import saved_views, writing_views

app_name = "writing"

urlpatterns = [
    path("saved/", saved_views.saved_replies, name="saved_replies"),
    path("saved/new/", saved_views.saved_reply_new, name="saved_reply_new"),
    path("saved/<int:pk>/", saved_views.saved_reply, name="saved_reply"),
    path("saved/<int:pk>/delete/", saved_views.saved_reply_delete, name="saved_reply_delete"),
    path("saved/<int:pk>/restore/", saved_views.saved_reply_restore, name="saved_reply_restore"),
    path("messages/<int:pk>/unsend/", writing_views.message_unsend, name="message_unsend"),
    path("draft-files/<int:pk>/", writing_views.file, name="file"),
    path("draft-files/<int:pk>/remove/", writing_views.file_remove, name="file_remove"),
    path("<int:pk>/write/", writing_views.compose, name="compose"),
    path("<int:pk>/reply/", writing_views.reply, name="reply"),
    path("<int:pk>/note/", writing_views.note, name="note"),
    path("<int:pk>/draft/", writing_views.draft, name="draft"),
    path("<int:pk>/draft/discard/", writing_views.discard, name="discard"),
    path("<int:pk>/draft/attach/", writing_views.attach, name="attach"),
    path("<int:pk>/draft/insert/", writing_views.insert, name="insert"),
]
