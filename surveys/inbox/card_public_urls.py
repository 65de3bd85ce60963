"""Score cards for the sidebars of help desks, without sign-in: /c/. PublicPagesMiddleware knows it."""

from surveys.inbox import card_page
from surveys.responses.public_urls import link

app_name = "cards_public"

urlpatterns = [*link("c/<int:key>/", card_page.card, "card")]
