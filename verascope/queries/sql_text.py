"""The text of a console query: that it is one question, which parameters it names, how a driver wants them.

This is no security check: the connections of `store.console` can't do harm whatever the text says. It makes
refusals plain.
"""

import re
from collections.abc import Iterator

from verascope.errors import SqlFailed

MAX_LENGTH = 20_000

_TOKEN = re.compile(
    r"""
    (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<cast>::)
    |:(?P<name>[A-Za-z_]\w*)
    |(?P<end>;)
    |(?P<word>\w+)
    |(?P<space>\s+)
    |.
    """,
    re.VERBOSE | re.DOTALL,
)

_BEGINNINGS = ("SELECT", "WITH", "VALUES")


def check(sql: str) -> None:
    """Raises SqlFailed unless the text is one SELECT, WITH or VALUES."""
    if len(sql) > MAX_LENGTH:
        raise SqlFailed(f"The query has {len(sql)} characters; at most {MAX_LENGTH} are accepted.")
    if "\0" in sql:
        raise SqlFailed("The query holds a NUL character.", sql.index("\0"), sql)
    has_begun = has_ended = False
    for token in _TOKEN.finditer(sql):
        if token["comment"] or token["space"]:
            continue
        if has_ended and not token["end"]:
            raise SqlFailed(
                "One query at a time: there is text after the semicolon.", token.start()
            )
        if not has_begun and (token["word"] or "").upper() not in _BEGINNINGS:
            raise SqlFailed(
                "The console only reads: a query begins with SELECT, WITH or VALUES.",
                token.start(),
                sql,
            )
        has_begun = True
        has_ended = bool(token["end"])
    if not has_begun:
        raise SqlFailed("The query is empty.")


def parameters(sql: str) -> list[str]:
    """The names after a colon, each once, in the order of their first use."""
    return list(dict.fromkeys(token["name"] for token in _TOKEN.finditer(sql) if token["name"]))


def for_psycopg(sql: str) -> str:
    """`:name` as `%(name)s`, every other percent sign doubled, without the semicolon at the end."""
    return "".join(_psycopg_parts(sql))


def original_position(sql: str, position: int | None) -> int | None:
    """The place in `sql` of a place in what PostgreSQL was sent, where each parameter is `$1`, `$2`, …"""
    if position is None:
        return None
    names: dict[str, int] = {}
    sent = 0
    for token in _TOKEN.finditer(sql):
        length = len(token[0])
        if token["name"]:
            length = 1 + len(str(names.setdefault(token["name"], len(names) + 1)))
        if position < sent + length:
            return token.start() + (0 if token["name"] else position - sent)
        sent += length
    return None


def _psycopg_parts(sql: str) -> Iterator[str]:
    for token in _TOKEN.finditer(sql):
        if token["name"]:
            yield f"%({token['name']})s"
        elif not token["end"]:
            yield token[0].replace("%", "%%")


_NAMED = re.compile(
    r"""near "(?P<near>[^"]+)"|no such (?:column|table|function): (?P<missing>[\w.]+)"""
)


def position_of(message: str, sql: str) -> int | None:
    """Where SQLite's complaint points to: its driver names only the word. None when that stands there twice."""
    found = _NAMED.search(message)
    word = found and (found["near"] or found["missing"])
    if not word:
        return None
    places = [match.start() for match in re.finditer(re.escape(word), sql)]
    return places[0] if len(places) == 1 else None
