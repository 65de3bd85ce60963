"""What templates need of the inbox."""

import secrets

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_TAGS = {"p", "br", "div", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "blockquote", "pre", "code", "a", "h1"}
_TAGS |= {"h2", "h3", "h4", "hr", "table", "thead", "tbody", "tr", "th", "td", "span"}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}


@register.simple_tag
def form_key() -> str:
    """Of one form on one page: pressing its button twice does what it does once."""
    return secrets.token_urlsafe(16)


@register.filter
def cleaned(html: str) -> SafeString:
    """What is stored is clean; whoever stored it, nothing but this is ever shown as HTML on our pages."""
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",  # from a mail, it would be an address of ours
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)
