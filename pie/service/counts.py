"""What Prometheus reads: counts by kind and outcome, never by client or content."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pie.flows.engine import Engine
from pie.service.book import Job

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)


class Counts:
    """The service's numbers."""

    def __init__(self, engine: Engine) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "pie_requests",
            "Requests by route and status.",
            ["route", "status"],
            registry=self._registry,
        )
        self._jobs = Counter(
            "pie_jobs",
            "Jobs by kind and how they ended.",
            ["kind", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "pie_job_seconds",
            "From admission to the end, by kind.",
            ["kind"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        waiting = Gauge("pie_waiting", "Procedures that have not begun.", registry=self._registry)
        waiting.set_function(lambda: engine.load().waiting)
        running = Gauge("pie_under_way", "Procedures under way.", registry=self._registry)
        running.set_function(lambda: engine.load().under_way)

    def ended(self, job: Job) -> None:
        """Note the end of a job."""
        self._jobs.labels(job.kind, job.status).inc()
        self._seconds.labels(job.kind).observe(job.ended - job.started)

    def text(self) -> bytes:
        """Return all numbers in Prometheus's text form."""
        return generate_latest(self._registry)
