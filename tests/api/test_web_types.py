"""The dashboard's types are written by hand; they must name what the server sends, and nothing else."""

import re
from pathlib import Path

import pytest

from tests.conftest import Server

SOURCE = Path(__file__).resolve().parents[2] / "web/src/api"

# file, interface there, schema of the OpenAPI page
PAIRS = (
    ("types.ts", "Prediction", "PredictionRecord"),
    ("types.ts", "PredictionPage", "PredictionPage"),
    ("types.ts", "Verdict", "Verdict"),
    ("types.ts", "Result", "Answer"),
    ("types.ts", "Histogram", "AnswerHistogram"),
    ("types.ts", "Metric", "MetricInfo"),
    ("types.ts", "Query", "Question"),
    ("types.ts", "Health", "Health"),
    ("types.ts", "ModelInfo", "Info"),
    ("types.ts", "ProblemDetails", "Problem"),
    ("system.ts", "SystemSample", "SystemSample"),
    ("system.ts", "System", "System"),
    ("status.ts", "StatusSummary", "Status"),
    ("status.ts", "ProbeWord", "ProbeWord"),
    ("system.ts", "SenderInfo", "SenderInfo"),
    ("rules.ts", "Rule", "RuleInForce"),
    ("rules.ts", "RuleText", "AlertRule"),
    ("rules.ts", "RuleState", "RuleState"),
    ("rules.ts", "Rules", "RuleList"),
    ("rules.ts", "Backtest", "BacktestResult"),
    ("rules.ts", "Episode", "BacktestEpisode"),
    ("alerts.ts", "Alert", "Alert"),
    ("alerts.ts", "Acknowledgement", "AlertAcknowledgement"),
    ("alerts.ts", "AlertEvent", "AlertEvent"),
    ("alerts.ts", "AlertDetail", "AlertDetail"),
    ("alerts.ts", "AlertPage", "AlertPage"),
    ("alerts.ts", "HistoryEntry", "HistoryEntry"),
    ("alerts.ts", "HistoryPage", "HistoryPage"),
    ("silences.ts", "Silence", "StoredSilence"),
    ("silences.ts", "SilencePage", "SilencePage"),
    ("silences.ts", "NewSilence", "NewSilence"),
    ("silences.ts", "Matcher", "SilenceMatcher"),
    ("routing.ts", "Routing", "RoutingDocument"),
    ("routing.ts", "Pace", "DefaultRoute"),
    ("routing.ts", "RouteDefault", "DefaultRoute"),
    ("routing.ts", "Route", "AlertRoute"),
    ("routing.ts", "RouteMatch", "RouteMatch"),
    ("routing.ts", "Escalation", "EscalationStep"),
    ("routing.ts", "Inhibition", "InhibitRule"),
    ("routing.ts", "RoutingPreview", "RoutingPreview"),
    ("channels.ts", "Channel", "ChannelRecord"),
    ("channels.ts", "ChannelPage", "ChannelPage"),
    ("channels.ts", "ChannelField", "ChannelField"),
    ("channels.ts", "KindOfChannel", "ChannelKind"),
    ("channels.ts", "NewChannel", "NewChannel"),
    ("channels.ts", "ChannelChange", "ChannelChange"),
    ("channels.ts", "Delivery", "DeliveryRecord"),
    ("channels.ts", "DeliveryPage", "DeliveryPage"),
    ("incidents.ts", "Incident", "Incident"),
    ("incidents.ts", "IncidentDetail", "IncidentDetail"),
    ("incidents.ts", "IncidentEvent", "TimelineEntry"),
    ("incidents.ts", "IncidentPage", "IncidentPage"),
    ("incidents.ts", "IncidentFigures", "IncidentMonth"),
    ("incidents.ts", "NewIncident", "NewIncident"),
    ("probes.ts", "Probe", "ProbeRecord"),
    ("probes.ts", "ProbeFinding", "ProbeCheck"),
    ("probes.ts", "ProbeHistory", "ProbeHistory"),
    ("probes.ts", "ProbeFailure", "ProbeFailure"),
    ("probes.ts", "Maintenance", "MaintenanceWindow"),
    ("patterns.ts", "ErrorPattern", "ErrorPatternRecord"),
    ("patterns.ts", "PatternPage", "PatternPage"),
    ("patterns.ts", "PatternEntry", "PatternEntry"),
    ("patterns.ts", "ErrorPatternDetail", "ErrorPatternDetail"),
    ("types.ts", "Branding", "Branding"),
    ("settings.ts", "Setting", "Setting"),
    ("sql.ts", "SqlResult", "SqlAnswer"),
    ("sql.ts", "SqlColumn", "SqlColumn"),
    ("sql.ts", "SqlSchema", "SqlSchema"),
    ("sql.ts", "GalleryQuery", "SqlGalleryQuery"),
    ("sql.ts", "SqlParameter", "SqlParameter"),
)


def fields(file: str, interface: str) -> set[str]:
    """The names at the first level of an interface."""
    text = re.sub(r"/\*.*?\*/", "", (SOURCE / file).read_text(), flags=re.S)
    begun = re.search(
        rf"export interface {interface}(?: extends [^{{]+)? \{{\n(.*?)^\}}", text, flags=re.S | re.M
    )
    assert begun is not None, interface
    return set(re.findall(r"^ {2}(\w+)\??:", begun[1], flags=re.M))


@pytest.mark.parametrize(("file", "interface", "schema"), PAIRS)
def test_the_dashboard_reads_only_what_the_server_documents(
    server: Server, file: str, interface: str, schema: str
) -> None:
    schemas = server.get("/openapi.json").json()["components"]["schemas"]
    read = fields(file, interface)
    assert read, interface
    assert read <= set(schemas[schema]["properties"]), interface
