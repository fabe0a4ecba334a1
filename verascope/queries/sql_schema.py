"""What the console's tables and columns mean, for people who write queries."""

from typing import Any

from sqlalchemy import BigInteger, Float, Integer, LargeBinary, SmallInteger
from sqlalchemy.types import TypeEngine

from verascope.store.console import OPEN_TABLES, open_columns
from verascope.store.tables import COUNTERS, Utc

TABLES = {
    "predictions": "One row for each image submitted for analysis.",
    "prediction_tags": "Tags that recording.indexed_tags names, by prediction (seq).",
    "shadow_verdicts": "What shadow detectors said about the same images.",
    "labels": "Everything that was said about the truth of predictions; the latest counts.",
    "rollups": "Counters by hour, day and minute, for everything and by one dimension.",
    "rollup_histograms": "Histograms beside the rollups: how many measurements lie in a bin.",
    "system_metrics": "Use of the machine over time.",
    "performance_benchmarks": "Measured performance of model versions.",
    "alerts": "Alerts and when they were resolved.",
    "incidents": "What was wrong, and who looked after it.",
    "incident_events": "Timelines of incidents; entries are only added.",
    "error_patterns": "What people said about groups of failures; counts come from predictions.",
    "error_pattern_events": "Timelines of error patterns; entries are only added.",
}

_COLUMNS = {
    "seq": "Order of arrival.",
    "id": "Its name, unique.",
    "timestamp": "When it happened, UTC.",
    "received_at": "When it reached this service, UTC.",
    "client": "The customer it counts for.",
    "client_key": "The client as the rollups count it: (other) past the limit.",
    "use_case": "What it was asked for, as the caller said.",
    "country": "Country that the caller's address is allocated to; unknown is a value.",
    "source": "predict, ingest or import.",
    "prediction": "real, fake or uncertain; NULL when it failed.",
    "confidence": "Percent, of the class that was chosen.",
    "real_probability": "Percent.",
    "fake_probability": "Percent.",
    "inference_time_ms": "Decoding and model, ms.",
    "response_time_ms": "The whole request inside the server, ms.",
    "model_version": "Who gave the verdict.",
    "file_hash": "SHA-256 of the file.",
    "file_size": "Bytes.",
    "image_format": "As the decoder found it.",
    "image_width": "Pixels.",
    "image_height": "Pixels.",
    "perceptual_hash": "256 bits that are alike for similar images.",
    "perceptual_hash_quality": "0 (featureless) to 100.",
    "perceptual_hash_version": "How the hash was made.",
    "user_ip": "The caller's address as privacy.address keeps it.",
    "user_agent": "Of the caller.",
    "success": "1, or 0 when it failed.",
    "error_message": "Why it failed.",
    "error_pattern": "The message without numbers, ids, paths and addresses.",
    "billable": "1 when it is billed.",
    "billing_rule": "Version of the rule that decided it.",
    "price_micros": "Price in millionths of a US dollar.",
    "label": "The truth: real or fake; NULL when nobody said.",
    "labelled_at": "When the label was given, UTC.",
    "labelled_by": "Who gave it.",
    "label_reason": "Why.",
    "tags": "What the sender added.",
    "prediction_id": "The id in predictions.",
    "reason": "Why.",
    "origin": "chosen, random or sent.",
    "grain": "minute, hour or day.",
    "dimension": "all, or what is counted by.",
    "bucket": "Start of the bucket, seconds since 1970 UTC.",
    "key": "The value of the dimension; empty for all.",
    "measure": "inference or confidence.",
    "bin": "Number of the bin.",
    "n": "Measurements in it.",
    "total": "real + fake + uncertain + failed.",
    "real": "Verdicts real.",
    "fake": "Verdicts fake.",
    "uncertain": "Abstentions.",
    "failed": "Without a verdict.",
    "high_confidence_fakes": "Fakes above the set confidence.",
    "confidence_mpct": "Sum of confidences, thousandths of a percent.",
    "confidence_n": "How many are in that sum.",
    "inference_us": "Sum of inference times, microseconds.",
    "inference_n": "How many are in that sum.",
    "response_us": "Sum of response times, microseconds.",
    "response_n": "How many are in that sum.",
    "revenue_micros": "Sum of prices, millionths of a US dollar.",
    "bytes": "Sum of file sizes.",
    "cpu_usage": "Percent.",
    "memory_usage": "Percent.",
    "disk_usage": "Percent.",
    "disk_read_bytes": "Bytes.",
    "disk_write_bytes": "Bytes.",
    "network_sent_bytes": "Bytes.",
    "network_received_bytes": "Bytes.",
    "active_connections": "Open connections.",
    "total_requests": "Requests answered.",
    "error_rate": "Percent.",
    "interval_seconds": "How much time the row covers.",
    "disk_free_bytes": "Bytes.",
    "network_errors": "Errors and dropped packets.",
    "process_cpu_usage": "Of the server, percent of one core.",
    "process_memory_bytes": "Resident memory of the server.",
    "process_threads": "Threads of the server.",
    "event_loop_lag_ms": "The longest delay of the server's event loop, ms.",
    "queue_depth": "Predictions waiting for their commit.",
    "wal_bytes": "Size of the database's write-ahead log.",
    "gpu_usage": "Percent.",
    "gpu_memory_usage": "Percent.",
    "detector": "Its name.",
    "dataset": "Name of the labelled images.",
    "dataset_hash": "Of their content.",
    "real_count": "Images labelled real.",
    "fake_count": "Images labelled fake.",
    "failed_count": "Images without a verdict.",
    "auc": "Area under the ROC curve, 0 to 1.",
    "false_positive_rate": "Percent of real images called fake.",
    "false_negative_rate": "Percent of fake images called real.",
    "calibration_error": "Expected calibration error, 0 to 1.",
    "uncertain_share": "Percent answered uncertain.",
    "latency_p50": "ms.",
    "latency_p95": "ms.",
    "latency_p99": "ms.",
    "detail": "Intervals and the table by source, JSON.",
    "name": "Of the tag.",
    "value": "Of the tag.",
    "avg_inference_time": "ms.",
    "throughput_per_second": "Images a second.",
    "accuracy_rate": "Percent.",
    "total_processed": "Images.",
    "alert_type": "The rule that it came from.",
    "alert_id": "The episode; NULL on rows of another system.",
    "subject": "What the value belongs to; empty for a rule about one number.",
    "severity": "critical, warning or info.",
    "message": "What it said.",
    "metric_value": "The value that was seen.",
    "threshold_value": "The limit it crossed.",
    "resolved": "1 when it is over.",
    "resolved_at": "When it was over, UTC.",
    "number": "Counts up from 1.",
    "title": "What is wrong, in one line.",
    "state": "open, acknowledged or resolved.",
    "opened_from": "alert or manual.",
    "about": "errors or other: whether its time counts as error resolution time.",
    "summary": "What is wrong.",
    "assignee": "Who looks after it.",
    "opened_at": "UTC.",
    "acknowledged_at": "When it was first acknowledged, UTC.",
    "incident_id": "The id in incidents.",
    "at": "When it happened, UTC.",
    "kind": "What the entry tells.",
    "actor": "Who did it.",
    "given": "What was said with it: a note, an assignee, a severity, a time.",
    "pattern": "The error_pattern in predictions.",
    "code": "Our number for it.",
    "version": "Of the rule that made the fingerprint.",
    "ignored_until": "UTC.",
    "resolved_seq": "The last prediction that had arrived when it was resolved.",
    "regressed_at": "When it happened again after that, UTC.",
}
assert set(COUNTERS) <= {*_COLUMNS, "billable"}


def tables() -> list[dict[str, Any]]:
    """[{name, description, columns: [{name, type, description}]}], in the order of usefulness."""
    return [
        {
            "name": str(table.name),
            "description": TABLES[table.name],
            "columns": [
                {
                    "name": str(name),
                    "type": _type(table.c[name].type),
                    "description": _COLUMNS[name],
                }
                for name in open_columns(table)
            ],
        }
        for table in OPEN_TABLES
    ]


def _type(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, Utc):
        return "time"
    if isinstance(kind, Integer | BigInteger | SmallInteger):
        return "integer"
    if isinstance(kind, Float):
        return "number"
    return "blob" if isinstance(kind, LargeBinary) else "text"
