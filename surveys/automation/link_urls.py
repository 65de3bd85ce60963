from django.urls import path

from surveys.automation import link_views, referral_views

app_name = "links"

urlpatterns = [
    path("", link_views.reviews, name="reviews"),
    path("sites/new/", link_views.site_new, name="site_new"),
    path("sites/<int:pk>/", link_views.site, name="site"),
    path("sites/<int:pk>/up/", link_views.move_up, name="site_up"),
    path("sites/<int:pk>/archive/", link_views.archive, name="site_archive"),
    path("sites/<int:pk>/restore/", link_views.restore, name="site_restore"),
    path("referrals/", referral_views.referrals, name="referrals"),
    path("referrals/settings/", referral_views.change, name="referral_settings"),
    path("referrals/secret/", referral_views.renew_secret, name="referral_secret"),
    path("referrals/export/", referral_views.export, name="referrals_file"),
    path("referrals/came/", referral_views.sign_up, name="sign_up"),
    path("referrals/came/<int:pk>/take-back/", referral_views.take_back, name="take_back"),
]
