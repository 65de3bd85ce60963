"""Where servers of companies tell who signed up by a referral: below /hooks/. PublicPagesMiddleware knows it."""

from django.urls import path

from surveys.automation import signup_views as views

app_name = "signups"

urlpatterns = [path("<int:organization>/", views.signed_up, name="signed_up")]
