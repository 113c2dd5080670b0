"""The site's own dialplan, ``asterisk/*.conf``: read and checked as far as its text tells.

What is checked here needs no Asterisk: nothing runs commands, reads files or evaluates text; no
context of ours is touched; every application and function is one that our Asterisk has; no
extension falls off its end, which would hang up the caller. The dry load
(:mod:`acd.adapters.asterisk.dryload`) adds what Asterisk itself complains of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from acd.flow.problems import Code, Report, did_you_mean, quoted

FOLDER = "asterisk/"
"""Where these files are, relative to the site."""

ENTER, BACK = "acd-enter", "acd-back"
"""Our contexts that a site's dialplan may go to: into a flow, and back to the one it came from."""

_APPLICATIONS = """
Answer BackGround Bridge Busy ClearHash ConfBridge ConfKick Congestion ContinueWhile DateTime Dial
Echo EndWhile ExitWhile Gosub GosubIf Goto GotoIf GotoIfTime Hangup HangupCauseClear Incomplete Log
Milliwatt MusicOnHold NoOp PJSIPHangup Playback PlayTones Proceeding Progress Read RetryDial
Return Ringing SayAlpha SayAlphaCase SayDigits SayMoney SayNumber SayOrdinal SayPhonetic SayUnixTime
SendDTMF Set StackPop StartMusicOnHold StopMusicOnHold StopPlayTones Verbose Wait WaitDigit
WaitExten WaitForNoise WaitForSilence While
"""
APPLICATIONS: Mapping[str, str] = {name.lower(): name for name in _APPLICATIONS.split()}
"""The applications that may be used; Asterisk does not look at their case."""

_FUNCTIONS = """
ABS ARRAY CALLERID CHANNEL CHANNELS CHANNEL_EXISTS CONFBRIDGE_CHANNELS CONFBRIDGE_INFO
CONNECTEDLINE CSV_QUOTE CUT DB DB_DELETE DB_EXISTS DB_KEYCOUNT DB_KEYS DEC DELETE DIALPLAN_EXISTS
DIGIT_SUM EXCEPTION EXISTS FIELDNUM FIELDQTY FILTER GLOBAL GLOBAL_DELETE GLOBAL_EXISTS GROUP
GROUP_COUNT GROUP_LIST GROUP_MATCH_COUNT HANGUPCAUSE HANGUPCAUSE_KEYS HASH HASHKEYS IF IFTIME INC
ISNULL KEYPADHASH LEN LISTFILTER LOCAL LOCAL_PEEK LTRIM MATH MAX MIN PASSTHRU PJSIP_DIAL_CONTACTS
PJSIP_HEADER PJSIP_HEADERS PJSIP_HEADER_PARAM PJSIP_PARSE_URI POP PUSH QUOTE RAND REDIRECTING REGEX
REPLACE RTRIM SHIFT SORT STACK_PEEK STRBETWEEN STRFTIME STRPTIME STRREPLACE TESTTIME TIMEOUT
TOLOWER TOUPPER TRIM UNSHIFT VALID_EXTEN VARIABLE_EXISTS
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())
"""The functions that may be used."""

# What runs commands, reads or writes files, reaches other hosts, evaluates text or takes a call out
# of our hands: told apart from what merely does not exist. () marks what is refused as a function.
_REFUSED = """
system trysystem mset set() exec execif execiftime tryexec agi eagi deadagi fastagi asyncagi
externalivr mixmonitor monitor originate record stasis shell eval eval_exten eval_sub file
file_count_line file_format env curl curlopt confbridge() mixmonitor() import master_channel
sysinfo ami_client realtime realtime_field realtime_hash realtime_store realtime_destroy odbc
odbc_fetch odbc_sql
mp3player festival jack audiosocket chanspy extenspy dictate adsiprog reload unloadmodule userevent
"""
REFUSED = frozenset(_REFUSED.split())

_LARGEST = 1_000_000  # bytes

_LAST = frozenset({"return", "hangup", "goto", "busy", "congestion", "pjsiphangup"})
"""Applications after which nothing of an extension comes."""

_FILE = re.compile(r"[A-Za-z0-9_-]{1,64}\.conf")
_SECTION = re.compile(r"\[([^\]]*)\]\s*(\([^)]*\))?\s*")
_CONTEXT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,78}")
_EXTEN = re.compile(r"(exten|same)\s*=>?\s*(.*)", re.IGNORECASE)
_OTHER = re.compile(r"([A-Za-z]+)\s*=>?\s*(.*)")
_PRIORITY = re.compile(r"([0-9]{1,4}|n|hint)(?:\(([A-Za-z0-9_-]+)\))?(\+[0-9]+)?", re.IGNORECASE)
_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*(?:\((.*)\))?\s*", re.DOTALL)
_FUNCTION = re.compile(r"\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\(")
_ASSIGNED = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\(")
_COMPUTED = re.compile(r"\$\{[^(){}:]*\$[{\[]")
_COMPUTED_LEFT = re.compile(r"[^(=]*\$")
_JUMPS = frozenset({"goto", "gosub"})
_RESERVED = re.compile(r"acd-.*|general|globals", re.IGNORECASE)
_OURS = re.compile(r"\bacd-(?!(?:enter|back)\b)[a-z-]+", re.IGNORECASE)


@dataclass(slots=True)
class Extension:
    """An extension of a context: its last line, and what stands there."""

    file: str
    line: int
    last: str = ""


@dataclass(slots=True)
class Dialplan:
    """What the files say.

    Attributes:
        contexts: context to its extensions, as written: patterns begin with ``_``.
        jumps: places that another context is named at: file, line, context, extension.
    """

    contexts: dict[str, dict[str, Extension]] = field(default_factory=dict)
    jumps: list[tuple[str, int, str, str]] = field(default_factory=list)

    def has(self, context: str, extension: str) -> bool:
        """Return whether a context has an extension of just this name."""
        return extension in self.contexts.get(context, ())


def read_dialplan(
    files: Mapping[str, bytes], report: Report, flows: Collection[str] = ()
) -> tuple[dict[str, str], Dialplan]:
    """Read and check the site's own dialplan.

    Args:
        files: path relative to the site to content; those in :data:`FOLDER` are looked at.
        report: takes what is wrong.
        flows: names of the site's flows, which ``Goto(acd-enter,<flow>,1)`` may enter.

    Returns:
        The texts by file name without the folder, and what they say.
    """
    texts: dict[str, str] = {}
    dialplan = Dialplan()
    for path in sorted(name for name in files if name.startswith(FOLDER)):
        if not _FILE.fullmatch(path.removeprefix(FOLDER)):
            message = f"{quoted(path)} must have letters, digits, _ and - only, and end in .conf"
            report.add(Code.BAD_NAME, message, file=path, line=1)
            continue
        if len(files[path]) > _LARGEST:  # it may have been read no further
            report.add(Code.FILE_TOO_LARGE, "more than 1 MB", file=path, line=1)
            continue
        try:
            text = files[path].decode("utf-8-sig")  # some editors begin with a byte order mark
        except UnicodeDecodeError as error:
            line = files[path].count(b"\n", 0, error.start) + 1
            report.add(Code.BAD_ENCODING, "not UTF-8 text", file=path, line=line)
            continue
        texts[path.removeprefix(FOLDER)] = text
        _Reader(path, report, dialplan).read(text)
    for context in dialplan.contexts.values():
        for name, extension in context.items():
            if name != "h" and extension.last not in _LAST:
                message = (
                    f"extension {quoted(name)} ends here and the caller is hung up: say Return(), "
                    "Goto(…) or Hangup()"
                )
                report.add(
                    Code.DIALPLAN_DEAD_END, message, file=extension.file, line=extension.line
                )
    _check_jumps(dialplan, report, flows)
    return texts, dialplan


def _check_jumps(dialplan: Dialplan, report: Report, flows: Collection[str]) -> None:
    for file, line, context, extension in dialplan.jumps:
        if context == ENTER:
            if extension not in flows and "$" not in extension:
                message = f"no flow {quoted(extension)} to enter{did_you_mean(extension, flows)}"
                report.add(Code.UNKNOWN_FLOW, message, file=file, line=line)
        elif context != BACK and context not in dialplan.contexts and "$" not in context:
            hint = did_you_mean(context, dialplan.contexts)
            message = f"no context {quoted(context)}{hint}"
            report.add(Code.UNKNOWN_CONTEXT, message, file=file, line=line)


class _Reader:
    """Reads one file, line by line."""

    def __init__(self, path: str, report: Report, dialplan: Dialplan) -> None:
        self._path = path
        self._report = report
        self._dialplan = dialplan
        self._extensions: dict[str, Extension] | None = None
        self._extension = ""
        self._line = 0

    def read(self, text: str) -> None:
        """Read a file's text."""
        lines = text.replace("\r\n", "\n").split("\n")
        for self._line, written in enumerate(lines, start=1):
            line = _without_comment(written)
            if line is None:
                self._say(Code.DIALPLAN_REFUSED, "no block comments: begin each line with ;")
            elif line:
                self._statement(line)

    def _say(self, code: Code, message: str) -> None:
        self._report.add(code, message, file=self._path, line=self._line)

    def _statement(self, line: str) -> None:
        if line.startswith("#"):
            self._say(Code.DIALPLAN_REFUSED, f"{quoted(line.split()[0])}: every file stands alone")
        elif line.startswith("["):
            self._section(line)
        elif (found := _EXTEN.fullmatch(line)) is not None:
            self._priority(found[1].lower(), found[2])
        elif (found := _OTHER.fullmatch(line)) is not None and found[1].lower() == "include":
            self._include(found[2])
        elif found is not None and found[1].lower() == "ignorepat":
            self._as_written(found[2])
        elif found is not None and found[1].lower() in ("switch", "lswitch", "eswitch"):
            self._say(Code.DIALPLAN_REFUSED, f"{found[1]}: leads out of what is checked")
        else:
            self._say(Code.BAD_DIALPLAN, f"{quoted(line)} is no line of a dialplan")

    def _section(self, line: str) -> None:
        found = _SECTION.fullmatch(line)
        name = found[1] if found is not None else ""
        self._extensions, self._extension = {}, ""  # what follows is read all the same
        if found is None or not _CONTEXT.fullmatch(name):
            self._say(Code.BAD_DIALPLAN, f"{quoted(line)} is no name of a context")
        elif found[2] is not None:
            self._say(Code.BAD_DIALPLAN, f"{quoted(found[2])}: no templates here")
        elif _RESERVED.fullmatch(name):
            self._say(Code.DIALPLAN_RESERVED, f"the context {quoted(name)} is ours")
        else:
            self._extensions = self._dialplan.contexts.setdefault(name, {})

    def _as_written(self, text: str) -> None:
        """Refuse what Asterisk would evaluate while it reads the file, with any function."""
        if "$" in text:
            self._say(Code.DIALPLAN_REFUSED, f"{quoted(text)}: no variables here")

    def _include(self, text: str) -> None:
        self._as_written(text)
        context = text.split(",")[0].strip()
        if _RESERVED.fullmatch(context) and context != BACK:
            self._say(Code.DIALPLAN_RESERVED, f"the context {quoted(context)} is ours")
        else:
            self._dialplan.jumps.append((self._path, self._line, context, ""))

    def _priority(self, word: str, text: str) -> None:
        if self._extensions is None:
            self._say(Code.BAD_DIALPLAN, "this stands before any [context]")
            return
        parts = text.split(",", 1 if word == "same" else 2)
        if word == "exten":
            self._extension = parts.pop(0).strip()
            self._as_written(self._extension)
        priority = _PRIORITY.fullmatch(parts[0].strip()) if parts else None
        if not self._extension or priority is None or len(parts) < 2:
            self._say(Code.BAD_DIALPLAN, f"{quoted(text)} is not extension,priority,application")
            return
        extension = self._extensions.setdefault(self._extension, Extension(self._path, 0))
        extension.file, extension.line = self._path, self._line
        if priority[1].lower() == "hint":
            self._functions(parts[1])
            extension.last = extension.last or "return"  # nobody walks a hint
            return
        extension.last = self._application(parts[1].strip())

    def _application(self, text: str) -> str:
        """Check one application with its arguments; return its name in small letters."""
        found = _CALL.fullmatch(text)
        if found is None or text.count("(") != text.count(")"):
            self._say(Code.BAD_DIALPLAN, f"{quoted(text)} is no application with (arguments)")
            return "return"  # nothing more to say of it
        name, arguments = found[1].lower(), found[2] or ""
        if name in REFUSED:
            self._say(Code.DIALPLAN_REFUSED, f"{found[1]} may not be used here")
        elif name not in APPLICATIONS:
            hint = did_you_mean(found[1], APPLICATIONS.values())
            self._say(Code.BAD_DIALPLAN, f"no application {quoted(found[1])}{hint}")
        self._functions(arguments)
        if name == "set":
            self._assignment(arguments)
        if (ours := _OURS.search(arguments)) is not None:
            self._say(Code.DIALPLAN_RESERVED, f"the context {quoted(ours[0])} is ours")
        elif name in _JUMPS:
            self._jump(arguments)
        return name

    def _functions(self, text: str) -> None:
        for name in dict.fromkeys(_FUNCTION.findall(text)):
            self._function(name)
        if (computed := _COMPUTED.search(text)) is not None:
            self._say_computed(computed[0])

    def _assignment(self, text: str) -> None:
        if (computed := _COMPUTED_LEFT.match(text)) is not None:
            self._say_computed(computed[0])
        elif (function := _ASSIGNED.match(text)) is not None:
            self._function(function[1])

    def _say_computed(self, text: str) -> None:
        """Say so of a variable whose name comes out of others: it may turn out a function."""
        message = f"{quoted(text + '…')}: a computed name could be that of any function"
        self._say(Code.DIALPLAN_REFUSED, message)

    def _function(self, name: str) -> None:
        if name in FUNCTIONS:
            return
        if name.lower() in REFUSED or f"{name.lower()}()" in REFUSED:
            self._say(Code.DIALPLAN_REFUSED, f"{name}() may not be used here")
        else:
            hint = did_you_mean(name, FUNCTIONS)
            self._say(Code.BAD_DIALPLAN, f"no function {quoted(name)}{hint}")

    def _jump(self, arguments: str) -> None:
        parts = [part.strip() for part in _split(arguments)]
        if len(parts) < 3:
            return  # within the context: the dry load knows
        self._dialplan.jumps.append((self._path, self._line, parts[0], parts[1]))


def _split(arguments: str) -> Iterable[str]:
    """Split at commas that stand in no brackets."""
    depth, piece = 0, ""
    for char in arguments:
        depth += (char in "({[") - (char in ")}]")
        if char == "," and depth == 0:
            yield piece
            piece = ""
        else:
            piece += char
    yield piece


def _without_comment(line: str) -> str | None:
    """Return a line without its comment and the white space around; None for a block comment.

    Blocks nest in Asterisk, and an end without a beginning turns what is a comment and what is not
    upside down: a line that one reader skips, the other executes.
    """
    end = 0
    while (end := line.find(";", end)) >= 0 and line[end - 1 : end] == "\\":
        end += 1
    if end < 0:
        return line.strip()
    begins_block = line.startswith(";--", end) and not line.startswith(";---", end)
    return None if begins_block or line[:end].endswith("--") else line[:end].strip()
