"""Our matchers beside those of the real Alertmanager: what both take, what both refuse, and what it holds for.

Debian's is 0.25, which has the classic grammar only, so names are ASCII here.
"""

import json
import random
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from core.domain.errors import Malformed
from core.domain.matcher import Matcher, all_match, exactly, parse, parse_all, to_json
from tests.servers import Alertmanager, alertmanager
from tests.servers.alertmanager import alert, silence

# fmt: off
VALUES = [
    "", "a", "b", "ab", "aB", "AB", "aaa", "a.b", "a b", "a\\b", "a\nb", "\n", "\t", "\v", "1", "42", "_", "-", "]",
    "^", "$",
    "{2}", '"', "'", "=a", "a,b", "ü", "Ü", "\u017f", "s", "k", "\u212a", "é", "e\u0301", "日本", "\u0661",
]
GROUPS = [
    "(", "(", "(?:", "(?i:", "(?i)", "(?s)", "(?m)", "(?U)", "(?-s)", "(?P<n>", "(?P=n)", "(?=", "(?x)", ")", ")", ")",
]
SIGNS = [
    "|", "|", "|", "*", "+", "?", "*?", "+?", "??", "**", "{2}", "{,2}", "{2,}", "{1,2}", "{2,1}", "{1001}", "{2}{3}",
    "{", "}",
]
CLASSES = [
    "[ab]", "[^ab]", "[a-c]", "[c-a]", "[]a]", "[]", "[a", "[[:alpha:]]", "[[:^alpha:]]", "[[:no:]]", "[\\d]",
    "[a-\\d]", "[a-]",
    "[^\\n]", "[\\pL]", "[\\b]", "[\\C]", "[ü-ÿ]", "[\\x{fc}]", "[a&&b]", "[[.a.]]", "[[=a=]]", "[^\\PL]", "[\\Q]",
]
ESCAPES = [
    *(f"\\{each}" for each in "dDwWsSbBAzZntvafreghKRXGCQEcuxp_-'\"\\ 0189.ü"),
    "\\012", "\\x61", "\\x{61}", "\\x{110000}", "\\pL", "\\PL", "\\p{Greek}", "\\p{^Lu}", "\\p{No}", "\\p{Any}",
    "\\Qa.b\\E",
]
PLAIN = ["a", "a", "b", "A", "ü", "K", "k", "s", ".", ".", "^", "$", "\n", " ", "日", "-", "]", "\\"]
TYPED = [
    "a", "b", "v", "=", "~", "!", '"', '"', "\\", '\\"', "\\n", "\\\\", " ", "\t", "\n", "ü", "{", "}", ",", "'", ".",
    "(", "^",
]
LISTS = [
    '{a="b"}', '{a="b", c!~"d|e",}', "{a=b,c=d e}", r'{a="x\"y\\z\n",b=~"c{1,2}"}', '{a="x, y"}', "{a='b'}",
    r"{a=C:\temp}",
    '{ a = "b" , c = d }', "{a=}", '{a="ü\u2028"}', '{a="b"', r"{a=b\,c=d}", r'{a=b\"c,d="e"}', '{a="b" c="d"}',
    "{a=b,,c=d}",
    "{,}", '{a="b}', r'{a="x\,",b="c"}', "{a=~(}", "{a}", "{=b}", '{a="b"}}',
]
# fmt: on
ALERTS = [{"n": str(n), "alertname": "A"} | ({"v": value} if value else {}) for n, value in enumerate(VALUES)]


@pytest.fixture(scope="module")
def server() -> Iterator[Alertmanager]:
    with alertmanager("http://127.0.0.1:1/") as running:
        running.post_alerts([alert(labels) for labels in ALERTS])
        yield running


def patterns(count: int) -> Iterator[str]:
    chance = random.Random(7)
    for _ in range(count):
        pieces = (
            chance.choice(chance.choice([GROUPS, SIGNS, CLASSES, ESCAPES, PLAIN, PLAIN])) for _ in range(5)
        )
        yield "".join(list(pieces)[: chance.randint(1, 5)])


def found(server: Alertmanager, text: str) -> set[str] | None:
    """What it finds with a filter; None where it refuses it."""
    status, alerts = server.ask("GET", f"/api/v2/alerts?{urlencode({'filter': text})}")
    assert status in {200, 400}
    return {each["labels"]["n"] for each in alerts} if status == 200 else None


def ours(matchers: Sequence[Matcher]) -> set[str]:
    return {labels["n"] for labels in ALERTS if all_match(matchers, labels)}


def silenced(server: Alertmanager, matchers: Sequence[Mapping[str, object]]) -> str | None:
    """The silence's id; None where it refuses it. The alertname keeps the rest from having to say something."""
    all_of_them = to_json(Matcher("alertname", "A"))
    body = silence([all_of_them, *matchers], timedelta(hours=1), "compared")
    status, answer = server.ask("POST", "/api/v2/silences", body)
    assert status in {200, 400}
    return answer["silenceID"] if status == 200 else None


def written(pattern: str) -> str:
    escaped = pattern.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'v=~"{escaped}"'


def test_a_pattern_is_taken_and_refused_alike_and_finds_the_same(server: Alertmanager) -> None:
    """Taken is what may filter and may silence: `a)(b` may do one of them only."""
    expected, actual, made, taken = {}, {}, {}, 0
    for pattern in dict.fromkeys(patterns(500)):
        seen = found(server, written(pattern))
        raw = {"name": "v", "value": pattern, "isRegex": True, "isEqual": True}
        id_ = silenced(server, [raw]) if seen is not None else None
        expected[pattern] = seen if id_ else None
        try:
            matcher = Matcher("v", pattern, regex=True)
        except Malformed:
            actual[pattern] = None
            continue
        actual[pattern] = ours([matcher])
        made[id_] = matcher
        taken += 1
    assert expected == actual
    assert 100 < taken < len(expected) - 100
    silent = {each["labels"]["n"]: set(each["status"]["silencedBy"]) for each in server.alerts()}
    assert {each["n"]: {id_ for id_ in made if all_match([made[id_]], each)} for each in ALERTS} == {
        n: ids & set(made) for n, ids in silent.items()
    }


def test_a_silence_of_generated_matchers_silences_what_they_hold_for(server: Alertmanager) -> None:
    """Equal and not, with patterns and without, empty values and labels that no alert has."""
    chance = random.Random(11)
    values = [*VALUES, "a|b", ".*", ".+", "(?i)AB", "[^a]*", "|ü", "(?s).*", "a.b", "^$", r"\d+", "[\\s\\S]"]
    made = {}
    for _ in range(150):
        matchers = []
        for _ in range(chance.randint(1, 3)):
            label, value, equal = (
                chance.choice(["v", "v", "none"]),
                chance.choice(values),
                chance.random() < 0.6,
            )
            regex = chance.random() < 0.5 and value != "{2}"
            matchers.append(Matcher(label, value, equal, regex))
        made[silenced(server, [to_json(each) for each in matchers])] = matchers
    assert None not in made
    expected = {
        each["labels"]["n"]: {id_ for id_ in each["status"]["silencedBy"] if id_ in made}
        for each in server.alerts()
    }
    assert expected == {each["n"]: {id_ for id_ in made if all_match(made[id_], each)} for each in ALERTS}


def test_all_labels_exactly_silence_one_alert(server: Alertmanager) -> None:
    ids = [
        silenced(server, [to_json(each) for each in exactly(labels)]) for labels in ALERTS if "v" in labels
    ]
    counted = [id_ for each in server.alerts() for id_ in each["status"]["silencedBy"] if id_ in ids]
    assert sorted(map(str, ids)) == sorted(counted)


def test_a_text_is_taken_and_refused_alike_and_means_the_same(server: Alertmanager) -> None:
    """But at the end: newer ones refuse a brace there and take a comma, and so do we."""
    chance = random.Random(13)
    expected, actual = {}, {}
    for _ in range(500):
        text = " " * chance.randint(0, 1) + "v" + chance.choice(["=", "!=", "=~", " !~ ", ""])
        text += "".join(chance.choice(TYPED) for _ in range(chance.randint(0, 5)))
        if text.rstrip().endswith(("}", ",")):
            continue
        expected[text] = found(server, text)
        try:
            actual[text] = ours([parse(text)])
        except Malformed:
            actual[text] = None
    assert expected == actual
    assert 100 < sum(each is None for each in expected.values()) < len(expected) - 100


def test_a_list_is_read_as_amtool_reads_it_and_printed_as_it_prints_it(tmp_path: Path) -> None:
    shown = [amtool(tmp_path, text) for text in LISTS]
    assert shown == [printed(text) for text in LISTS]
    assert {None} < set(shown)


def printed(text: str) -> str | None:
    try:
        return "{" + ",".join(map(str, parse_all(text))) + "}"
    except Malformed:
        return None


def amtool(folder: Path, text: str) -> str | None:
    """How its routing tree shows these matchers; None where it refuses them."""
    config = folder / "alertmanager.yml"
    route = {"receiver": "x", "routes": [{"matchers": [text]}]}
    config.write_text(json.dumps({"route": route, "receivers": [{"name": "x"}]}), encoding="utf-8")
    ran = subprocess.run(
        ["amtool", "config", "routes", "show", f"--config.file={config}"],
        capture_output=True,
        check=False,
        timeout=10,
    )
    lines = re.findall(r"^    \S+ (\{.*\})  receiver: x$", ran.stdout.decode(), re.MULTILINE)
    assert len(lines) == (ran.returncode == 0), ran.stderr
    return lines[0] if lines else None
