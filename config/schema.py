"""The whole file: the one list of its blocks."""

from __future__ import annotations

from config.schema_alertmanager import AlertmanagerSection
from config.schema_pagerduty import PagerDutySection
from config.schema_process import (
    AlertingSection,
    ApiSection,
    BrokerSection,
    LoggingSection,
    ObservabilitySection,
    RetentionSection,
    ServerSection,
    WorkerSection,
)
from config.schema_slack import SlackSection
from config.schema_storage import StorageSection
from config.shapes import Anything, Block, Section, switched


class File(Section):
    server = Block(ServerSection)
    storage = Block(StorageSection)
    retention = Block(RetentionSection)
    slack = Block(SlackSection, on=switched(default=False), optional=True)
    pagerduty = Block(PagerDutySection, on=switched(default=False), optional=True)
    alertmanager = Block(AlertmanagerSection)
    alerting = Block(AlertingSection)
    broker = Block(BrokerSection)
    worker = Block(WorkerSection)
    api = Block(ApiSection)
    logging = Block(LoggingSection)
    observability = Block(ObservabilitySection, kept=False)
    resilience = Anything(
        "Accepted, without effect: each target has its own retries, pauses and limits.",
        ignored="has no effect here: each target has its own retries, pauses and limits",
    )
