"""What each kind of channel sends, held against the vendors' published formats, and what it makes of their answers.

Sources of the schemas: PagerDuty Events API v2, Slack Block Kit, Teams' message with an adaptive card, the Standard
Webhooks specification, the SNS API's Publish.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.notifications.receiver import Receiver, receiver
from tests.notifications.test_outbox import MESSAGE
from verascope import clock
from verascope.errors import Invalid
from verascope.notifications import webhook
from verascope.notifications.channel import Blame, Sent, Trouble
from verascope.notifications.guard import Guard
from verascope.notifications.kinds import KINDS, complete
from verascope.notifications.message import Fact, Link, Message, Moment
from verascope.records import Severity

ID = "01988f2e-0000-7000-8000-000000000001"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GUARD = Guard(allow_private=True)
NASTY = "<!channel> & <script>alert(1)</script> [x](https://evil.example) |\n\x00 ä 𝕏 "
LARGE = replace(
    MESSAGE,
    title=NASTY * 30,
    summary=NASTY * 300,
    facts=tuple(Fact(f"fact {n} {NASTY}", NASTY * 100) for n in range(60)),
    links=tuple(Link(f"link {n}", f"https://verascope.example/{n}?a=1&b=|") for n in range(20)),
    dedup_key="k" * 400,
)
EVERY = [
    replace(one, moment=moment, severity=severity)
    for one in (MESSAGE, LARGE)
    for moment in Moment
    for severity in Severity
]


def values(kind: str, port: int) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}"
    given: dict[str, dict[str, Any]] = {
        "slack": {"webhook_url": f"{url}/services/T0/B0/x"},
        "teams": {"webhook_url": f"{url}/workflows/1?sig=x"},
        "pagerduty": {"routing_key": "r" * 32, "base_url": url},
        "webhook": {"url": f"{url}/hook", "secret": SECRET},
        "sns": {
            "topic_arn": "arn:aws:sns:eu-west-1:123456789012:alerts.fifo",
            "base_url": f"{url}/",
            "access_key_id": "AKIDEXAMPLE",
            "secret_access_key": "secret",
        },
    }
    return complete(KINDS[kind], given[kind])


def sent(
    kind: str, message: Message, status: int = 202, answer: bytes = b"ok", **headers: str
) -> tuple[Sent | Trouble, list[tuple[str, dict[str, str], bytes]]]:
    """What became of it, and every request the receiver saw."""
    with receiver(lambda one: one.respond(status, answer, **headers)) as (port, asked):
        made = KINDS[kind].make(values(kind, port), GUARD)
        try:
            return made.send(message, ID, ()), asked
        except Trouble as trouble:
            return trouble, asked


def matches(value: Any, schema: Any, place: str = "") -> None:
    """A small statement of a format: a type, a regex, a predicate, a list of one, or an object whose keys may end in `?`."""
    match schema:
        case type():
            assert isinstance(value, schema), place
        case re.Pattern():
            assert isinstance(value, str), place
            assert schema.fullmatch(value), f"{place}: {value[:100]}"
        case [one]:
            assert isinstance(value, list), place
            for n, inner in enumerate(value):
                matches(inner, one, f"{place}[{n}]")
        case dict():
            assert isinstance(value, Mapping), place
            known = {name.rstrip("?"): inner for name, inner in schema.items()}
            assert set(value) <= set(known), f"{place}: {set(value) - set(known)}"
            assert {name for name in schema if not name.endswith("?")} <= set(value), place
            for name, inner in value.items():
                matches(inner, known[name], f"{place}.{name}")
        case _ if callable(schema):
            assert schema(value), f"{place}: {str(value)[:100]}"
        case _:
            assert value == schema, place


def up_to(limit: int) -> Any:
    return lambda text: isinstance(text, str) and 0 < len(text) <= limit


ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
KEYS = {"routing_key": re.compile(r".{32}"), "dedup_key": up_to(255)}
PAGERDUTY = {
    "trigger": {
        **KEYS,
        "event_action": "trigger",
        "payload": {
            "summary": up_to(1024),
            "source": up_to(1024),
            "severity": re.compile("critical|error|warning|info"),
            "timestamp?": ISO,
            "custom_details?": dict,
        },
        "links?": [{"href": re.compile("https?://.*", re.S), "text": str}],
        "client?": str,
    },
    "acknowledge": {**KEYS, "event_action": "acknowledge"},
    "resolve": {**KEYS, "event_action": "resolve"},
}
MARKED = {"type": "mrkdwn", "text": up_to(3000)}
SLACK = {
    "text": up_to(40_000),
    "attachments": [
        {
            "color": re.compile("#[0-9a-f]{6}"),
            "fallback": str,
            "blocks": [
                lambda block: block["type"] in ("header", "section", "context")
            ],
        }
    ],
}  # fmt: skip
BLOCKS: dict[str, Any] = {
    "header": {"type": "header", "text": {"type": "plain_text", "text": up_to(150), "emoji?": bool}},
    "section": {"type": "section", "text?": MARKED, "fields?": [{"type": "mrkdwn", "text": up_to(2000)}]},
    "context": {"type": "context", "elements": [MARKED]},
}  # fmt: skip
TEAMS = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": type(None),
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": re.compile(r"1\.[0-5]"),
                "msteams": {"width": "Full"},
                "body": [dict],
                "actions?": [
                    {
                        "type": "Action.OpenUrl",
                        "title": up_to(100),
                        "url": re.compile("https?://.*"),
                    }
                ],
            },
        }
    ],
}


@pytest.mark.parametrize("message", EVERY)
def test_pagerduty_gets_events_as_it_publishes_them(message: Message) -> None:
    result, asked = sent("pagerduty", message)
    assert isinstance(result, Sent)
    assert all(
        path == "/v2/enqueue" and headers["Content-Type"] == "application/json"
        for path, headers, _ in asked
    )
    events = [json.loads(body) for _, _, body in asked]
    for event in events:
        matches(event, PAGERDUTY[event["event_action"]])
        assert len(json.dumps(event)) < 512_000
    wanted = ["trigger", "resolve"] if message.moment is Moment.TEST else [message.moment.value]
    assert [event["event_action"] for event in events] == wanted
    assert len({event["dedup_key"] for event in events}) == 1


def test_pagerduty_ties_the_turns_of_an_alert_together() -> None:
    for one in (MESSAGE, LARGE):
        keys = {
            json.loads(sent("pagerduty", replace(one, moment=moment))[1][0][2])["dedup_key"]
            for moment in (Moment.TRIGGER, Moment.ACKNOWLEDGE, Moment.RESOLVE)
        }
        assert len(keys) == 1


@pytest.mark.parametrize("message", EVERY)
def test_slack_gets_blocks_within_its_limits(message: Message) -> None:
    _, ((_, headers, body),) = sent("slack", message, 200)
    found = json.loads(body)
    assert headers["Content-Type"] == "application/json"
    matches(found, SLACK)
    (attachment,) = found["attachments"]
    assert len(attachment["blocks"]) <= 50
    for block in attachment["blocks"]:
        matches(block, BLOCKS[block["type"]])
        assert len(block.get("fields", ())) <= 10
        assert len(block.get("elements", ())) <= 10
        assert "text" in block or block.get("fields") or block.get("elements")
    marked = [
        one["text"]
        for block in attachment["blocks"]
        for one in (
            *block.get("fields", ()),
            *block.get("elements", ()),
            block.get("text", {"text": ""}),
        )
    ]
    # Nothing that people wrote becomes a mention; only our own links are links.
    assert all(
        re.fullmatch(r"https://verascope\.example/\d+.*|http://localhost:8001/dashboard", link)
        for text in marked[1:]
        for link in re.findall(r"<([^|>]*)\|", text)
    )
    assert not any("<!" in text for text in marked[1:])


@pytest.mark.parametrize("message", EVERY)
def test_teams_gets_a_message_with_an_adaptive_card(message: Message) -> None:
    _, ((path, _, body),) = sent("teams", message)
    assert path == "/workflows/1?sig=x"
    matches(json.loads(body), TEAMS)
    assert len(body) <= 28_000
    assert b"](" not in body


def test_the_signature_is_the_one_the_specification_shows() -> None:
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert webhook.signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


@pytest.mark.parametrize("message", EVERY)
def test_a_webhook_is_signed_and_carries_everything(message: Message) -> None:
    _, ((path, headers, body),) = sent("webhook", message, 204, b"")
    assert (path, headers["webhook-id"]) == ("/hook", ID)
    second = int(headers["webhook-timestamp"])
    assert abs(second - clock.now_us() // clock.US) < 60
    assert headers["webhook-signature"] == webhook.signature(SECRET, ID, second, body)
    found = json.loads(body)
    matches(
        found,
        {
            "type": re.compile(r"alert\.(triggered|acknowledged|resolved)|test"),
            "timestamp": ISO,
            "data": dict,
        },
    )
    assert found["data"]["facts"] == [
        {"name": fact.name, "value": fact.value} for fact in message.facts
    ]


def test_sns_gets_a_signed_publish() -> None:
    result, ((_, headers, body),) = sent("sns", LARGE, 200, b"<PublishResponse/>")
    assert isinstance(result, Sent)
    form = {name: value for name, (value,) in parse_qs(body.decode(), strict_parsing=True).items()}
    assert (form["Action"], form["Version"], form["TopicArn"]) == (
        "Publish",
        "2010-03-31",
        "arn:aws:sns:eu-west-1:123456789012:alerts.fifo",
    )
    assert re.fullmatch(r"[ -~]{1,100}", form["Subject"])
    assert 0 < len(form["Message"].encode()) <= 262_144
    assert form["MessageDeduplicationId"] == ID
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-west-1/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}",
        headers["Authorization"],
    )
    assert re.fullmatch(r"\d{8}T\d{6}Z", headers["X-Amz-Date"])


def test_sns_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    result, asked = sent("sns", MESSAGE)
    assert isinstance(result, Trouble)
    assert result.blame is Blame.BROKEN
    assert "pip install verascope[aws]" in result.detail
    assert asked == []


def test_the_sns_signature_holds_for_what_was_received() -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    _, ((path, headers, body),) = sent("sns", MESSAGE, 200)
    auth = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "sns", "eu-west-1")
    again = AWSRequest(
        "POST",
        f"http://{headers['Host']}{path}",
        {"Content-Type": headers["Content-Type"], "X-Amz-Date": headers["X-Amz-Date"]},
        body,
    )
    again.context["timestamp"] = headers["X-Amz-Date"]
    signed = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
    assert headers["Authorization"].endswith(f"Signature={signed}")


@pytest.mark.parametrize("kind", ["slack", "teams", "pagerduty", "webhook", "sns"])
@pytest.mark.parametrize(
    ("status", "blame"),
    [
        (400, Blame.REFUSED),
        (401, Blame.BROKEN),
        (403, Blame.BROKEN),
        (404, Blame.BROKEN),
        (410, Blame.BROKEN),
        (301, Blame.BROKEN),
        (429, Blame.OUTAGE),
        (500, Blame.LATER),
        (503, Blame.OUTAGE),
    ],
)
def test_an_answer_says_who_is_to_blame(kind: str, status: int, blame: Blame) -> None:
    result, asked = sent(kind, MESSAGE, status, b"no", **{"Retry-After": "7"})
    assert isinstance(result, Trouble)
    assert result.blame is blame
    assert f"{status} no" in result.detail
    assert result.wait_seconds == (7 if status in (429, 500, 503) else 0)
    assert len(asked) == 1


def test_a_wrong_routing_key_breaks_the_channel() -> None:
    answer = b'{"status":"invalid event","errors":["Length of \'routing_key\' is incorrect"]}'
    result, _ = sent("pagerduty", MESSAGE, 400, answer)
    assert isinstance(result, Trouble)
    assert result.blame is Blame.BROKEN


def test_a_private_address_breaks_the_channel_unless_allowed() -> None:
    with receiver(lambda one: Receiver.respond(one, 200, b"")) as (port, asked):
        given = values("webhook", port) | {"url": f"https://127.0.0.1:{port}/"}
        with pytest.raises(Trouble, match=r"alerts\.allow_private_webhooks") as caught:
            KINDS["webhook"].make(given, Guard()).send(MESSAGE, ID, ())
    assert caught.value.blame is Blame.BROKEN
    assert asked == []


@pytest.mark.parametrize(
    ("kind", "given", "fields"),
    [
        ("slack", {}, ["webhook_url"]),
        ("slack", {"webhook_url": "ftp://x"}, ["webhook_url"]),
        ("slack", {"webhook_url": 3, "token": "x"}, ["token", "webhook_url"]),
        ("webhook", {"url": "https://a.example", "secret": "whsec_dG9vIHNob3J0"}, ["secret"]),
        ("webhook", {"url": "https://u:p@a.example", "secret": SECRET}, ["url"]),
        ("sns", {"topic_arn": "alerts"}, ["topic_arn"]),
        ("sns", {"topic_arn": "arn:aws:sns:eu-west-1:123456789012:a", "access_key_id": "A"}, ["secret_access_key"]),
        ("email", {"smtp_port": 0, "recipients": "a@b.example"}, ["smtp_server", "smtp_port", "sender_email", "recipients"]),
        ("email", {"smtp_server": "m", "sender_email": "a@b\n.example", "recipients": ["a@b.example"]}, ["sender_email"]),
        ("email", {"smtp_server": "m", "sender_email": "a@b.example", "recipients": ["a@b.example", "x"]}, ["recipients"]),
        ("email", {"smtp_server": "m", "sender_email": "a@b.example", "recipients": ["a@b.example"], "smtp_security": "ssl"}, ["smtp_security"]),
    ],
)  # fmt: skip
def test_every_wrong_setting_is_named_at_once(
    kind: str, given: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        complete(KINDS[kind], given)
    assert [one.field for one in caught.value.fields] == [f"settings.{name}" for name in fields]


def test_a_secret_is_not_repeated_in_an_error() -> None:
    with pytest.raises(Invalid) as caught:
        complete(KINDS["slack"], {"webhook_url": "hooks.slack.example/services/geheim"})
    assert "geheim" not in caught.value.detail
