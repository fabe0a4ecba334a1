"""AWS SNS: publish to a topic, signed with botocore (`pip install verascope[aws]`).

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import hashlib
import re
from importlib.util import find_spec
from urllib.parse import urlencode

from verascope.notifications.channel import (
    Blame,
    Channel,
    Field,
    Kind,
    Sent,
    Trouble,
    Values,
    judged,
    posted,
)
from verascope.notifications.guard import Guard
from verascope.notifications.message import Message, as_text, heading

SUBJECT_LENGTH = 100
MESSAGE_BYTES = 262_144
_TOPIC = re.compile(
    r"arn:(aws[a-z-]*):sns:([a-z0-9-]+):[0-9]{12}:([A-Za-z0-9_-]{1,256}(?:\.fifo)?)"
)
MISSING = "AWS SNS needs botocore, which is not installed: pip install verascope[aws]."


class Sns:
    def __init__(self, values: Values, guard: Guard) -> None:
        found = _TOPIC.fullmatch(values["topic_arn"])
        assert found is not None, "checked before"
        self._topic: str = values["topic_arn"]
        self._region = found[2]
        domain = "amazonaws.com.cn" if found[1] == "aws-cn" else "amazonaws.com"
        self._url: str = values["base_url"] or f"https://sns.{self._region}.{domain}/"
        self._values = values
        self._guard = guard

    def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
        body = urlencode(form(message, self._topic, delivery_id)).encode()
        answer = posted(self._guard, self._url, body, self._signed(body))
        if answer.status == 400 and "Throttl" in answer.text:
            raise Trouble(Blame.OUTAGE, f"AWS wants less: {answer.text}")
        return judged(answer)

    def _signed(self, body: bytes) -> dict[str, str]:
        try:
            from botocore.auth import SigV4Auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials
            from botocore.session import Session
        except ModuleNotFoundError:
            raise Trouble(Blame.BROKEN, MISSING) from None
        values = self._values
        if values["access_key_id"]:
            credentials = Credentials(values["access_key_id"], values["secret_access_key"])
        else:
            credentials = Session().get_credentials()
        if credentials is None:
            raise Trouble(
                Blame.BROKEN, "No AWS credentials: none are set here, and the machine has none."
            )
        content_type = "application/x-www-form-urlencoded; charset=utf-8"
        request = AWSRequest("POST", self._url, {"Content-Type": content_type}, body)
        SigV4Auth(credentials.get_frozen_credentials(), "sns", self._region).add_auth(request)
        return {str(name): str(value) for name, value in request.headers.items()}


def form(message: Message, topic: str, delivery_id: str) -> dict[str, str]:
    """The parameters of Publish. Subjects are ASCII without line breaks, at most 100 characters."""
    subject = f"{heading(message)}: {message.title}"
    printable = "".join(one if " " <= one <= "~" else "?" for one in subject)
    text = as_text(message).encode()[:MESSAGE_BYTES].decode("utf-8", "ignore")
    found = {
        "Action": "Publish",
        "Version": "2010-03-31",
        "TopicArn": topic,
        "Subject": printable[:SUBJECT_LENGTH],
        "Message": text,
    }
    attributes = {"severity": message.severity.value, "moment": message.moment.value}
    for place, (name, value) in enumerate(attributes.items(), 1):
        entry = f"MessageAttributes.entry.{place}"
        found |= {
            f"{entry}.Name": name,
            f"{entry}.Value.DataType": "String",
            f"{entry}.Value.StringValue": value,
        }
    if topic.endswith(".fifo"):
        found["MessageGroupId"] = hashlib.sha256(message.dedup_key.encode()).hexdigest()
        found["MessageDeduplicationId"] = delivery_id
    return found


def _check(values: Values) -> list[tuple[str, str]]:
    problems = []
    if _TOPIC.fullmatch(values["topic_arn"]) is None:
        problems.append(("topic_arn", "arn:aws:sns:REGION:ACCOUNT:NAME"))
    if bool(values["access_key_id"]) != bool(values["secret_access_key"]):
        problems.append(("secret_access_key", "the access key's id and its secret, or neither"))
    if find_spec("botocore") is None:
        problems.append(("topic_arn", MISSING))
    return problems


def _make(values: Values, guard: Guard) -> Channel:
    return Sns(values, guard)


KIND = Kind(
    "sns",
    "AWS SNS",
    "A topic of Amazon's Simple Notification Service.",
    (
        Field("topic_arn", "Topic", "arn:aws:sns:REGION:ACCOUNT:NAME", required=True),
        Field(
            "access_key_id",
            "Access key id",
            "Empty: the machine's own credentials (variables, profile, role).",
            default="",
        ),
        Field(
            "secret_access_key",
            "Secret access key",
            "Belongs to the access key id.",
            default="",
            is_secret=True,
        ),
        Field("base_url", "Address", "Empty: the region's.", "url", default=""),
    ),
    _make,
    _check,
)
