"""Moving over from another system: a file's rows become predictions, host metrics, benchmarks and alerts.

`source` says what a file is and gives its rows, `reading` makes each an event for `ingest.event.accept`,
`history` does so for the other three tables, `run` stores them in batches and keeps count.
"""
