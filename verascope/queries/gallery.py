"""Queries to begin with, the brief's three among them; each runs on both databases."""

from dataclasses import dataclass

_WORDS = {
    "sqlite": {
        "since": "timestamp >= datetime('now', '-' || :days || ' days')",
        "weekday": "(strftime('%w', timestamp) + 6) % 7 + 1",
        "hour": "CAST(strftime('%H', timestamp) AS INTEGER)",
    },
    "postgresql": {
        "since": "timestamp >= (now() AT TIME ZONE 'UTC') - make_interval(days => :days)",
        "weekday": "EXTRACT(ISODOW FROM timestamp)::int",
        "hour": "EXTRACT(HOUR FROM timestamp)::int",
    },
}
"""What the two databases call differently."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of the form. type: integer, number or text."""

    name: str
    label: str
    type: str
    default: int | float | str


@dataclass(frozen=True, slots=True)
class GalleryQuery:
    """chart: the picture that fits, None for a table. `{since}` and the like stand for `_WORDS`."""

    name: str
    title: str
    description: str
    template: str
    parameters: tuple[Parameter, ...] = ()
    chart: str | None = None
    is_from_brief: bool = False

    def sql(self, kind: str) -> str:
        """The text for a database of this kind."""
        if self.is_from_brief:
            return self.template
        text = self.template
        for word in ("since", "weekday", "hour"):
            text = text.replace(f"{{{word}}}", _WORDS[kind][word])
        return text


_DAYS = Parameter("days", "Days", "integer", 30)
_LEAST = Parameter("least", "At least", "integer", 2)

GALLERY = (
    GalleryQuery(
        "top-error-patterns",
        "Top error patterns",
        "The stored error messages of failed predictions, the most frequent first.",
        """SELECT error_message, COUNT(*) as frequency
FROM predictions
WHERE success = 0
GROUP BY error_message
ORDER BY frequency DESC;""",
        chart="bar",
        is_from_brief=True,
    ),
    GalleryQuery(
        "daily-revenue",
        "Daily revenue calculation",
        "Calls a day at 0.05 USD each. The dashboard uses the price that was in force instead.",
        """SELECT
  DATE(timestamp) as date,
  COUNT(*) * 0.05 as estimated_revenue,
  COUNT(*) as api_calls
FROM predictions
WHERE success = 1
GROUP BY DATE(timestamp);""",
        chart="line",
        is_from_brief=True,
    ),
    GalleryQuery(
        "performance-trends",
        "Performance trends",
        "Mean inference time and confidence of each day, the newest first.",
        """SELECT
  DATE(timestamp) as date,
  AVG(inference_time_ms) as avg_response_time,
  AVG(confidence) as avg_confidence
FROM predictions
WHERE success = 1
GROUP BY DATE(timestamp)
ORDER BY date DESC;""",
        chart="line",
        is_from_brief=True,
    ),
    GalleryQuery(
        "revenue-by-client",
        "Revenue by client",
        "What each client was billed, at the price in force when each prediction happened, in US dollars.",
        """SELECT client, COUNT(*) AS predictions, SUM(price_micros * billable) / 1000000.0 AS revenue
FROM predictions
WHERE {since}
GROUP BY client
ORDER BY revenue DESC, client;""",
        (_DAYS,),
        "bar",
    ),
    GalleryQuery(
        "busy-hours",
        "Hours of the week",
        "Predictions by weekday (Monday is 1) and hour, both in UTC.",
        """SELECT {weekday} AS weekday, {hour} AS hour, COUNT(*) AS predictions
FROM predictions
WHERE {since}
GROUP BY 1, 2
ORDER BY 1, 2;""",
        (_DAYS,),
    ),
    GalleryQuery(
        "same-image",
        "The same image more than once",
        "Files that were sent several times, and by how many clients: a wave of one picture shows here.",
        """SELECT file_hash, COUNT(*) AS times, COUNT(DISTINCT client) AS clients,
       MIN(timestamp) AS first_seen, MAX(timestamp) AS last_seen
FROM predictions
WHERE {since} AND file_hash IS NOT NULL
GROUP BY file_hash
HAVING COUNT(*) >= :least
ORDER BY times DESC, file_hash
LIMIT 100;""",
        (_DAYS, _LEAST),
    ),
    GalleryQuery(
        "slowest",
        "Slowest predictions",
        "The hundred slowest of the last days, with what may explain it.",
        """SELECT timestamp, id, client, inference_time_ms, image_format, image_width, image_height, file_size
FROM predictions
WHERE {since} AND inference_time_ms IS NOT NULL
ORDER BY inference_time_ms DESC
LIMIT 100;""",
        (_DAYS,),
    ),
    GalleryQuery(
        "versions",
        "Model versions side by side",
        "Volume, share of fakes, confidence and time of each model version.",
        """SELECT COALESCE(model_version, 'unknown') AS model, COUNT(*) AS predictions,
       100.0 * SUM(CASE WHEN prediction = 'fake' THEN 1 ELSE 0 END) / COUNT(*) AS fake_percent,
       AVG(confidence) AS avg_confidence, AVG(inference_time_ms) AS avg_inference_time_ms,
       MIN(timestamp) AS first_seen
FROM predictions
WHERE {since}
GROUP BY 1
ORDER BY first_seen;""",
        (Parameter("days", "Days", "integer", 90),),
    ),
    GalleryQuery(
        "fakes-by-country",
        "Fakes by country",
        "Countries of address allocation by detected fakes, with the share among verdicts.",
        """SELECT country, SUM(CASE WHEN prediction = 'fake' THEN 1 ELSE 0 END) AS fakes,
       100.0 * SUM(CASE WHEN prediction = 'fake' THEN 1 ELSE 0 END) / COUNT(*) AS fake_percent
FROM predictions
WHERE {since} AND success = 1
GROUP BY country
ORDER BY fakes DESC, country;""",
        (_DAYS,),
        "bar",
    ),
    GalleryQuery(
        "wrong-verdicts",
        "Verdicts that were wrong",
        "Predictions whose label says otherwise, the latest label first.",
        """SELECT labelled_at, id, client, prediction, label, confidence, model_version, label_reason
FROM predictions
WHERE {since} AND label IS NOT NULL AND prediction IN ('real', 'fake') AND label <> prediction
ORDER BY labelled_at DESC
LIMIT 500;""",
        (_DAYS,),
    ),
    GalleryQuery(
        "daily-from-summaries",
        "Daily totals from the summaries",
        "The same counts as the dashboard's, from its own daily rollups: fast at any size.",
        """SELECT bucket, total, real, fake, uncertain, failed
FROM rollups
WHERE grain = 'day' AND dimension = 'all'
ORDER BY bucket DESC
LIMIT :days;""",
        (_DAYS,),
    ),
)
