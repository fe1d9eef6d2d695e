"""Values that people might install the chart with."""

from typing import Any

# Nothing else of a rendered chart looks like these: they are looked for in it.
MARKED = {
    name: f"marked-{name.lower()}"
    for name in (
        "MYSQL_HOST",
        "MYSQL_DATABASE",
        "MYSQL_USERNAME",
        "MYSQL_PASSWORD",
        "SLACK_SIGNING_SECRET",
        "PAGERDUTY_WEBHOOK_SECRET",
        "ALERTMANAGER_BEARER_TOKEN",
    )
}
CREATED = {
    **MARKED,
    "SLACK_BOT_TOKEN": "xoxb-marked-bot-token",
    "SLACK_CHANNEL_ID": "C0MARKED1",
    "PAGERDUTY_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
    "BROKER_URL": "redis://:marked-broker@redis:6379/0",
}
EXISTING: dict[str, Any] = {"secrets": {"existing": ["alert-bridge"]}}
EVERYTHING: dict[str, Any] = {
    "image": {"repository": "images.example/alert-bridge", "tag": "1.2.3", "pullSecrets": ["pull"]},
    "config": {
        "server": {"shutdown_timeout": "1m30s", "max_body_bytes": 16777216},
        "storage": {"mysql": {"replica": {"host": "replica", "port": 3307}}},
        "slack": {"posts_per_second": 1.5},
        "pagerduty": {"api_token": "${PAGERDUTY_API_TOKEN}", "severities": ["critical"]},
        "alertmanager": {
            "bearer_token": {"eu": "${TOKEN_OF_EU}", "us": ["${TOKEN_OF_US}", "${NEXT_OF_US}"]},
            "url": {"eu": ["http://eu-1:9093", "http://eu-2:9093"], "us": "http://us:9093"},
        },
        "alerting": {"protected_labels": {"alertname": "Watchdog"}},
        "api": {"public_url": "https://bridge.example", "tokens": {"release-bot": "${RELEASE_BOT_TOKEN}"}},
        "logging": {"level": "debug"},
    },
    "secrets": {
        "existing": ["alert-bridge"],
        "from": {"MYSQL_PASSWORD": {"name": "mysql", "key": "password"}},
        "create": {"TOKEN_OF_EU": "marked-token-of-eu"},
    },
    "env": {"HTTPS_PROXY": "http://proxy.example:3128"},
    "api": {"autoscaling": {"enabled": True}},
    "workers": {
        "slack": {"replicas": 3, "lanes": "none", "targets": "slack", "concurrency": 4},
        "general": {"resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}},
    },
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "host": "bridge.example",
        "tlsSecret": "bridge-tls",
        "annotations": {"example/note": "yes"},
        "paths": {"alertmanager": True, "api": True},
    },
    "networkPolicy": {
        "enabled": True,
        "others": [{"podSelector": {"matchLabels": {"app": "bot"}}}],
        "mysql": [{"ipBlock": {"cidr": "192.0.2.0/24"}}],
        "broker": [{"podSelector": {"matchLabels": {"app": "redis"}}}],
    },
    "monitoring": {
        "monitors": {"enabled": True, "labels": {"release": "prometheus"}},
        "rules": {
            "enabled": True,
            "labels": {"release": "prometheus"},
            "docs": "https://docs.example/bridge/",
        },
        "dashboard": {"enabled": True},
    },
    "serviceAccount": {"name": "bridge-account"},
    "podLabels": {"team": "alerting"},
    "podAnnotations": {"example/note": "yes"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "alerting", "operator": "Exists"}],
    "priorityClassName": "system-cluster-critical",
    "volumes": [{"name": "ca", "secret": {"secretName": "mysql-ca"}}],
    "volumeMounts": [{"name": "ca", "mountPath": "/etc/mysql-ca", "readOnly": True}],
}
RUN: dict[str, Any] = {
    "mode": "run",
    "api": {"replicas": 3},
    "config": {"pagerduty": {"enabled": False}},
    "secrets": {"create": CREATED},
    "serviceAccount": {"create": False},
    "user": None,
    "ingress": {"enabled": True, "host": "bridge.example"},
    "monitoring": {"monitors": {"enabled": True}},
    "networkPolicy": {"enabled": True},
}
SQLITE: dict[str, Any] = {
    "mode": "sqlite",
    "secrets": {"create": CREATED},
    "persistence": {"storageClass": "fast"},
    "networkPolicy": {"enabled": True},
    "monitoring": {"monitors": {"enabled": True}, "rules": {"enabled": True}, "dashboard": {"enabled": True}},
}
SCENARIOS: dict[str, dict[str, Any]] = {
    "existing-secrets": EXISTING,
    "created-secrets": {"secrets": {"create": CREATED}},
    "everything": EVERYTHING,
    "run": RUN,
    "sqlite": SQLITE,
}
