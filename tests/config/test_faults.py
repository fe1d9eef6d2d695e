"""Bad input, key by key: where it is, what is wrong, what to do. All at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config import ConfigurationError, Fault, parse

Faults = Callable[..., dict[str, Fault]]
KEY = "0123456789abcdef0123456789abcdef"
PAGERDUTY = f"pagerduty: {{enabled: true, routing_key: {KEY}, webhook_secret: made-up, "
MYSQL = "storage: {type: mysql, mysql: {primary: {host: db, database: b, username: u, password: p}, "

ADDED = [
    # a file of its own beside Slack's block; the path; part of the problem; part of the remedy
    ("server: {port: 70000}", "server.port", "not between 0 and 65535", "any free port"),
    ("server: {port: -1}", "server.port", "not between", "0 to 65535"),
    ("server: {port: eighty}", "server.port", "not a port", "0 to 65535"),
    ("server: {port: [1]}", "server.port", "a list where one value", "write port"),
    ("server: {host: {a: b}}", "server.host", "a mapping where one value", "write text"),
    ("server: {shutdown_timeout: 30}", "server.shutdown_timeout", "no unit", "30s"),
    ("server: {shutdown_timeout: 1h}", "server.shutdown_timeout", "not between 1s and 10m", "next start"),
    ("server: {shutdown_timeout: soon}", "server.shutdown_timeout", "not a duration", "1h30m"),
    ("server: {read_timeout: 5}", "server.read_timeout", "no unit", "5s"),
    ("server: {max_body_bytes: 12}", "server.max_body_bytes", "not between", "memory"),
    ("server: {prot: 1}", "server.prot", "not a key", "did you mean server.port?"),
    ("server: {bot_token: x}", "server.bot_token", "not a key", "did you mean slack.bot_token?"),
    ("server: {xyzzy: 1}", "server.xyzzy", "not a key", "the keys here are host"),
    ("server: 8080", "server", "a single value where a block", "host, port"),
    ("server: [a]", "server", "a list where a block", "host, port"),
    ("loging: {level: info}", "loging", "not a key", "did you mean logging?"),
    (
        "storage: {type: postgres}",
        "storage.type",
        "not one of memory, sqlite, mysql",
        "write memory or sqlite",
    ),
    ("storage: {type: msql}", "storage.type", "not one of", "did you mean mysql?"),
    ("storage: {sqlite: {path: 'file:x.db'}}", "storage.sqlite.path", "not the path", "./data/"),
    (MYSQL + "charset: latin1}}", "storage.mysql.charset", "not one of utf8mb4", "utf8mb4"),
    (MYSQL + "timeout: 5m}}", "storage.mysql.timeout", "not between 100ms and 30s", "two minutes"),
    (MYSQL + "parse_time: perhaps}}", "storage.mysql.parse_time", "neither true nor false", "true or false"),
    (
        MYSQL + "tls: {verify: perhaps}}}",
        "storage.mysql.tls.verify",
        "not one of identity, ca, none",
        "identity",
    ),
    (MYSQL + "tls: {key: k.pem}}}", "storage.mysql.tls.key", "without cert", "certificate"),
    (MYSQL + "replica: {port: 1}}}", "storage.mysql.replica.host", "is missing", "enabled: false"),
    (
        MYSQL + "pool: {max_open_conns: 2}}}",
        "storage.mysql.pool.max_idle_conns",
        "larger than",
        "raise max_open",
    ),
    (
        MYSQL + "pool: {max_open_conns: 2, max_idle_conns: x}}}",
        "storage.mysql.pool.max_idle_conns",
        "whole",
        "0 to",
    ),
    (
        "storage: {mysql: {primry: {}}}",
        "storage.mysql.primry",
        "not a key",
        "did you mean storage.mysql.primary?",
    ),
    (PAGERDUTY + "severities: {a: b}}", "pagerduty.severities", "a mapping where one", "text"),
    (PAGERDUTY + "default_severity: high}", "pagerduty.default_severity", "not one of", "critical or error"),
    (PAGERDUTY + "events_per_minute: 0}", "pagerduty.events_per_minute", "not between", "429"),
    (PAGERDUTY + "service_id: https://x}", "pagerduty.service_id", "not a service ID", "service's page"),
    (PAGERDUTY + "api_url: pagerduty.com}", "pagerduty.api_url", "not an http or https", "https://host"),
    (PAGERDUTY + "api_token: 'a b'}", "pagerduty.api_token", "blanks", "copy it again"),
    ("pagerduty: {enabled: maybe}", "pagerduty.enabled", "neither true nor false", "true or false"),
    ("alertmanager: {url: 'http://'}", "alertmanager.url", "host", "https://host"),
    ("alertmanager: {url: ['http://a', 'ftp://b']}", "alertmanager.url[1]", "not an http", "https://host"),
    ("alertmanager: {url: ['http://a', 'http://a/']}", "alertmanager.url[1]", "twice", "remove"),
    ("alertmanager: {url: 'http://a:b@am'}", "alertmanager.url", "user name or password", "without them"),
    ("alertmanager: {url: 'http://am?x=1'}", "alertmanager.url", "? or #", "scheme"),
    ("alertmanager: {url: 'http://am:port'}", "alertmanager.url", "not an http", "https://host"),
    ("alertmanager: {url: 'http://[::1'}", "alertmanager.url", "not an http", "https://host"),
    ("alertmanager: {url: {eu: ftp://a}}", "alertmanager.url.eu", "not an http", "https://host"),
    ("alertmanager: {url: {eu: ['http://a', 'http://a/']}}", "alertmanager.url.eu[1]", "twice", "remove"),
    (
        "alertmanager: {url: {eu: 'http://a', us: ['http://b', 'http://a/']}}",
        "alertmanager.url.us",
        "another",
        "one",
    ),
    ("alertmanager: {url: {eu: {us: 'http://a'}}}", "alertmanager.url.eu", "a mapping", "URL"),
    ("alertmanager: {url: {' eu': 'http://a'}}", "alertmanager.url.***", "plain text", "ASCII"),
    ("alertmanager: {api_bearer_token: 'a b'}", "alertmanager.api_bearer_token", "blanks", "copy it again"),
    (
        "alertmanager: {api_baerer_token: a}",
        "alertmanager.api_baerer_token",
        "not a key",
        "api_bearer_token?",
    ),
    (
        "alertmanager: {api_basic_auth: {username: 'a:b', password: p}}",
        "alertmanager.api_basic_auth.username",
        "colon",
        "without colons",
    ),
    (
        "alertmanager: {api_basic_auth: {username: am}}",
        "alertmanager.api_basic_auth.password",
        "missing",
        "api_basic_auth",
    ),
    (
        "alertmanager: {api_bearer_token: t, api_basic_auth: {username: am, password: p}}",
        "alertmanager.api_basic_auth",
        "alertmanager.api_bearer_token too",
        "keep the one",
    ),
    ("alertmanager: {restart_grace: 2h}", "alertmanager.restart_grace", "not between 0 and 1h", "memory"),
    (
        "alertmanager: {webhook_path: /hook}",
        "alertmanager.webhook_path",
        "not one of",
        "/alertmanager/webhook",
    ),
    (
        "alertmanager: {basic_auth: {username: am}}",
        "alertmanager.basic_auth.password",
        "missing",
        "basic_auth",
    ),
    (
        "alertmanager: {basic_auth: {password: a}}",
        "alertmanager.basic_auth.username",
        "missing",
        "basic_auth",
    ),
    (
        "alertmanager: {poll_interval: 0}",
        "alertmanager.poll_interval",
        "not between 1s and 1h",
        "every Alert",
    ),
    (
        "alertmanager: {bearer_token: {a: t1, b: t1}}",
        "alertmanager.bearer_token.b",
        "another name",
        "own token",
    ),
    ("alertmanager: {bearer_token: {' a': t1}}", "alertmanager.bearer_token.***", "plain text", "ASCII"),
    (
        "alertmanager: {bearer_token: {a: [t, {x: y}]}}",
        "alertmanager.bearer_token.a[1]",
        "a mapping",
        "secret",
    ),
    ("alertmanager: {webhook_secret: 'blank at end '}", "alertmanager.webhook_secret", "ends with", "again"),
    ("alerting: {silence_durations: []}", "alerting.silence_durations", "empty", "at least one"),
    ("alerting: {silence_durations: [1h, 2]}", "alerting.silence_durations[1]", "no unit", "2s"),
    ("alerting: {silence_durations: [1h, 60m]}", "alerting.silence_durations[1]", "twice", "remove"),
    ("alerting: {silence_durations: [1h, 5s]}", "alerting.silence_durations[1]", "not between 1m", "year"),
    (
        "alerting: {longest_silence: 4h}",
        "alerting.longest_silence",
        "a single value where a block",
        "critical",
    ),
    ("alerting: {longest_silence: {error: 0}}", "alerting.longest_silence.error", "not between 1m", "year"),
    ("alerting: {longest_silence: {info: 8761h}}", "alerting.longest_silence.info", "not between 1m", "year"),
    (
        "alerting: {longest_silence: {critcal: 1h}}",
        "alerting.longest_silence.critcal",
        "not a key",
        "critical?",
    ),
    ("alerting: {protected_labels: team}", "alerting.protected_labels", "not a mapping", "label: value"),
    ("alerting: {protected_labels: [team]}", "alerting.protected_labels", "not a mapping", "label: value"),
    ("alerting: {protected_labels: {a: {b: c}}}", "alerting.protected_labels.a", "a mapping", "text"),
    ("alerting: {protected_labels: {a: [x, x]}}", "alerting.protected_labels.a[1]", "twice", "remove"),
    ("alerting: {protected_labels: {a: []}}", "alerting.protected_labels.a", "empty list", "at least one"),
    ("alerting: {protected_labels: {'': x}}", "alerting.protected_labels.***", "none can have", "255"),
    (
        'alerting: {protected_labels: {"\\ud800": x}}',
        "alerting.protected_labels.***",
        "none can have",
        "UTF-8",
    ),
    (
        "alerting:\n  protected_labels:\n    ? " + "n" * 256 + "\n    : x",
        "alerting.protected_labels.***",
        "none can have",
        "255",
    ),
    ("alerting: {protected_labels: {a: " + "v" * 1001 + "}}", "alerting.protected_labels.a", "1001", "1000"),
    ("alerting: {ack_silences: maybe}", "alerting.ack_silences", "neither true nor false", "true or false"),
    ("alerting: {ack_silences: true}", "alerting.ack_silences", "needs alertmanager.url", "false"),
    (
        "alerting: {ack_silences: true}\nalertmanager: {url: ['${A}', '${B}']}",
        "alerting.ack_silences",
        "needs alertmanager.url",
        "set A and B",
    ),
    (PAGERDUTY + "on_silence: resolve}", "pagerduty.on_silence", "not one of acknowledge, note", "note"),
    ("alerting: {resend_interval: 10ms}", "alerting.resend_interval", "not between", "write 0 or 1s"),
    ("alerting: {deduplication_window: -5m}", "alerting.deduplication_window", "negative", "5m"),
    ("broker: {url: sqs://x}", "broker.url", "not a broker", "redis://"),
    ("broker: {url: 'redis:'}", "broker.url", "not a broker", "redis://"),
    ("broker: {url: 'redis://'}", "broker.url", "no host", "redis://host"),
    ("worker: {concurrency: 1}", "worker.concurrency", "not between 2", "reserved for what people do"),
    ("worker: {concurrency: 4.5}", "worker.concurrency", "not a whole number", "from 2 to"),
    ("worker: {metrics_port: 99999}", "worker.metrics_port", "not between", "65535"),
    ("api: {tokens: abc}", "api.tokens", "not a mapping", "name: token"),
    ("api: {tokens: [abc]}", "api.tokens", "not a mapping", "name: token"),
    ("api: {public_url: 'mailto:a@b'}", "api.public_url", "not an http", "https://host"),
    ("logging: {level: verbose}", "logging.level", "not one of debug, info", "write debug or info"),
    ("logging: {format: jsn}", "logging.format", "not one of", "did you mean json?"),
    (
        "observability: {metrics: {enabled: 5}}",
        "observability.metrics.enabled",
        "neither true",
        "true or false",
    ),
    ("observability: {tracing: 1}", "observability.tracing", "not a key", "metrics"),
]


@pytest.mark.parametrize(("added", "path", "problem", "remedy"), ADDED)
def test_a_bad_value_names_its_path_and_its_remedy(
    faults: Faults, slack: str, *, added: str, path: str, problem: str, remedy: str
) -> None:
    fault = faults(slack + added)[path]
    assert problem in fault.problem
    assert remedy in fault.remedy


IN_SLACK = [
    ("bot_token", "xoxp-1", "a user token", "OAuth & Permissions"),
    ("bot_token", "xapp-1", "an app-level token", "OAuth & Permissions"),
    ("bot_token", "hello", "something else", "OAuth & Permissions"),
    ("bot_token", '"xoxb-1\\n"', "line ends", "copy it again"),
    ("signing_secret", "[]", "is an empty list", "at least one"),
    ("signing_secret", "[a, a]", "twice", "remove"),
    ("channel_id", "'#alerts'", "the name of a channel", "About tab"),
    ("channel_id", "alerts", "not a channel ID", "About tab"),
    ("channel_id", "c0123456", "not a channel ID", "About tab"),
    ("app_id", "B123", "not an app ID", "Basic Information"),
    ("api_url", "https://me:pw@slack.com/api/", "user name or password", "without them"),
    ("posts_per_second", "0", "not between 0.01", "1.0"),
    ("posts_per_second", "nan", "not between", "1.0"),
    ("posts_per_second", "fast", "not a number", "1.0"),
    ("updates_per_minute", "1e3", "not a whole number", "429"),
    ("socket_mode", "{enabled: true}", "Socket Mode", "request URLs"),
    ("socket_mode", "{enabled: false, ping_intervl: 1}", "not a key", "did you mean"),
]


@pytest.mark.parametrize(("key", "value", "problem", "remedy"), IN_SLACK)
def test_a_bad_value_in_slack_names_its_path_and_its_remedy(
    faults: Faults, key: str, value: str, problem: str, remedy: str
) -> None:
    keys = {"bot_token": "xoxb-1", "signing_secret": "made-up", "channel_id": "C012", key: value}
    found = faults(
        "slack:\n  enabled: true\n" + "".join(f"  {name}: {text}\n" for name, text in keys.items())
    )
    (fault,) = found.values()
    assert fault.path.startswith(f"slack.{key}")
    assert problem in fault.problem
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    ("block", "missing"),
    [
        ("slack", ["bot_token", "signing_secret", "channel_id"]),
        ("pagerduty", ["routing_key", "webhook_secret"]),
        (
            "storage",
            [
                "mysql.primary.host",
                "mysql.primary.database",
                "mysql.primary.username",
                "mysql.primary.password",
            ],
        ),
    ],
)
def test_each_missing_key_of_a_block_in_use_is_named(
    faults: Faults, slack: str, block: str, missing: list[str]
) -> None:
    """Slack enabled without its signing secret, PagerDuty without its webhook secret: a fault, never a default."""
    text = {"slack": "", "pagerduty": slack, "storage": slack}[block]
    switch = "{type: mysql}" if block == "storage" else "{enabled: true}"
    found = faults(f"{text}{block}: {switch}\n")
    assert [f"{block}.{key}" for key in missing] == list(found)
    assert {"is missing"} == {fault.problem for fault in found.values()}


def test_a_routing_key_of_the_wrong_length_says_how_long_it_is(faults: Faults) -> None:
    found = faults("pagerduty: {enabled: true, routing_key: short, webhook_secret: made-up}")
    assert found["pagerduty.routing_key"].problem == "has 5 characters where 32 belong"


def test_all_faults_are_told_at_once_in_the_order_of_the_reference(faults: Faults) -> None:
    text = """
    logging: {level: loud}
    alerting: {silence_durations: [15m, 1h, soon]}
    slack: {enabled: true, bot_token: "${TOKEN}", channel_id: "#alerts", colour: red}
    pagerduty: {enabled: true, routing_key_file: /nonexistent/key}
    server: {port: 1, port: 2}
    """
    assert list(faults(text)) == [
        "server.port",
        "slack.colour",
        "slack.bot_token",
        "slack.signing_secret",
        "slack.channel_id",
        "pagerduty.routing_key_file",
        "pagerduty.webhook_secret",
        "alerting.silence_durations[2]",
        "logging.level",
    ]


@pytest.mark.parametrize(
    ("alertmanager", "path"),
    [
        ("{url: nowhere}", "alertmanager.url"),
        ("{url: $URL}", "alertmanager.url"),
        ("{url: {eu: [nowhere]}}", "alertmanager.url.eu[0]"),
        ("http://am", "alertmanager"),
    ],
)
def test_a_url_that_is_wrong_is_not_also_missed(
    faults: Faults, slack: str, alertmanager: str, path: str
) -> None:
    """By what needs it."""
    assert list(faults(f"{slack}alertmanager: {alertmanager}\nalerting: {{ack_silences: true}}")) == [path]


def test_what_does_not_go_together_is_told_beside_other_faults(faults: Faults, slack: str) -> None:
    text = "server: {port: x}\nalertmanager: {api_bearer_token: t, api_basic_auth: {username: a}}\n"
    assert list(faults(slack + text + "alerting: {ack_silences: true}")) == [
        "server.port",
        "alertmanager.api_basic_auth",
        "alertmanager.api_basic_auth.password",
        "alerting.ack_silences",
    ]


def test_with_nobody_to_tell_the_fault_says_what_to_do(faults: Faults) -> None:
    found = faults("slack: {enabled: false}\npagerduty: {enabled: false}")
    assert list(found) == ["slack.enabled"]
    assert "nobody would be told" in found["slack.enabled"].problem


def test_the_report_is_aligned_and_fits_the_width() -> None:
    text = "slack: {enabled: true, channel_id: C012}\nalerting: {resend_interval: 5}"
    with pytest.raises(ConfigurationError) as raised:
        parse(text, {}, "bridge.yaml")
    lines = str(raised.value).splitlines()
    assert lines[0] == "bridge.yaml: 3 faults"
    assert lines[1] == "  slack.bot_token           is missing"
    assert lines[-2] == "  alerting.resend_interval  has no unit"
    assert lines[-1] == "                            → write 5s for seconds, 5m for minutes"
    assert all(len(line) <= 110 for line in lines)


def test_one_fault_is_not_called_faults() -> None:
    assert str(ConfigurationError("bridge.yaml", (Fault("a", "is b", "write c"),))).startswith(
        "bridge.yaml: 1 fault\n"
    )


def test_a_long_path_gets_a_line_of_its_own() -> None:
    path = "a" * 60
    report = str(ConfigurationError("bridge.yaml", (Fault(path, "is b", "write c"),)))
    assert f"  {path}" in report.splitlines()
