"""Every kind of problem is found, on the right line, and nothing else with it.

A case is a set of files. ``#! code`` marks the lines where problems must be reported.
"""

from __future__ import annotations

import re

import pytest
from flowkit import BYE, FILES, UTOPIA, read

from acd.core.calendar import Calendar
from acd.core.queue import Queue
from acd.core.site import Number
from acd.flow.hours import Holiday
from acd.flow.load import LARGEST_FILE, Sound, load
from acd.flow.model import SYSTEM_PROMPTS
from acd.flow.problems import Code, Report

pytestmark = pytest.mark.core

_MARK = re.compile(r"#! ?(.*)")

# One node under test, between a start and ends; what follows is appended to the node.
NODE = f"""start = "a"
{BYE}
[node.a]
"""
OWN = "[own]\nexten => s,1,NoOp(a\\;b) ; a comment\n"
BLOCK = ";-- ;-- ; #! dialplan-refused\n--; exten => 1,1,System(ls) ; #! dialplan-refused"
BACK = " same => n,Return()\n"
HOLIDAYS = '[office]\ntimezone = "UTC"\nweek = {}\nholidays = '
SET = 'type = "set"\nvalues = { x = "1" }\n'
ENQUEUE = 'type = "enqueue"\nqueue = "sales"\non_fail = "bye"\n'

CASES: list[dict[str, str]] = [
    # --- files ---
    {"main.toml": 'start = "bye"\n[node.bye\n#! bad-toml\n'.replace("\n#!", " #!")},
    {"main.toml": 'start = "bye"\n' + BYE + "x = #! bad-toml"},
    {"main.toml": f'start = "bye"\n{BYE}\nx = {"9" * 5000}\n', "_": "main.toml:1 bad-toml"},
    {"main.toml": f'start = "bye"\n{BYE}\nx = {"[" * 5000}', "_": "main.toml:1 bad-toml"},
    {"main.toml": "x = '''\n\n\n", "_": "main.toml:3 bad-toml"},
    {"main.toml": 'start = "bye"\n\nx = "\udcff"', "_": "main.toml:3 bad-encoding"},
    {"main.toml": "#" * (LARGEST_FILE + 1), "_": "main.toml:1 file-too-large"},
    {"main.toml": 'start = "bye"\nstart = "bye" #! duplicate-key\n' + BYE},
    {"main.toml": 'start = "bye"\n' + BYE + "[node.bye] #! duplicate-key\n"},
    {"Main menu.toml": 'start = "bye"\n' + BYE, "_": "Main menu.toml:1 bad-name"},
    {"prompts/english.toml": 'hello = "x"\n', "_": "prompts/english.toml:1 bad-name"},
    # --- numbers ---
    {"numbers.toml": '"100" = "main"\n"100" = "main" #! duplicate-number\n'},
    {"numbers.toml": '"100" = "mian" #! unknown-flow\n"one" = "main" #! bad-number\n'},
    {"numbers.toml": '"100" = 3 #! wrong-type\n"1 0" = [] #! bad-number wrong-type\n'},
    {"numbers.toml": '[100]\nflow = "main"\nlanguage = "fr" #! unknown-language\n'},
    {"numbers.toml": '"1" = { title = "x" } #! missing-key\n'},
    # --- commands, promotions ---
    {"commands.toml": '[operator]\nkey = "0"\nflow = "mian" #! unknown-flow\n'},
    {"commands.toml": '[operator] #! bad-value\nflow = "main"\n'},
    {"commands.toml": '[again] #! bad-value\nkey = "*"\ndoes = "leave"\n'},
    {"commands.toml": '[again]\nkey = "A" #! bad-value\ndoes = "repeat"\n'},
    {
        "commands.toml": '[again]\nwords = { fr = ["encore"] } #! unknown-language\n'
        'does = "repeat"\n'
    },
    {
        "commands.toml": '[a]\nkey = "0"\nwords = { en = ["help"] }\ndoes = "repeat"\n'
        '[b]\nkey = "0" #! bad-value\nwords = { en = ["me", "Help"] } #! bad-value\ndoes = "back"\n'
    },
    {"promotions.toml": '[summer]\ncodes = ["A"]\nfirst = "2026-06-01" #! bad-date\n'},
    {
        "main.toml": NODE + 'type = "branch"\ndefault = "bye"\n'
        'cases = [{ when = "ani", to = "bye" }] #! bad-expression\n'
    },
    {"promotions.toml": '[summer]\ncodes = ["A-1", "a1"] #! bad-value\n'},
    {"promotions.toml": '[summer]\ncodes = ["A"]\ntimezone = "Mars/Base" #! bad-timezone\n'},
    {
        "promotions.toml": "[summer] #! bad-value\n"
        'codes = ["A"]\nfirst = 2026-06-02\nlast = 2026-06-01\n'
    },
    {
        "main.toml": NODE + 'type = "lookup"\nservice = "crn" #! unknown-service\n'
        'path = "/x"\nnext = "bye"\non_fail = "bye"\n',
    },
    {
        "main.toml": NODE + 'type = "promo"\npromotion = "sumer" #! unknown-promotion\n'
        'code = "{ani}"\nredeemed = "bye"\nduplicate = "bye"\nunknown = "bye"\nexpired = "bye"\n',
    },
    {
        "main.toml": NODE + ENQUEUE + 'reply = "sory" #! unknown-reply\n',
        "replies.toml": '[sorry]\nen = "I am sorry."\n',
    },
    {"main.toml": NODE + ENQUEUE + 'reply = "sorry" #! unknown-reply\n'},
    {
        "numbers.toml": 'chat = "main"\n"1" = "main"\n',
        "main.toml": 'start = "a"\n[node.a] #! wrong-channel\n'
        'type = "voicemail"\nprompt = "hello"\n',
    },
    # --- variables ---
    {  # said before it is asked for
        "main.toml": 'start = "a"\n[node.a]\ntype = "say"\n'
        'text = "{x}" #! unset-attribute\nnext = "b"\n'
        '[node.b]\ntype = "set"\nvalues = { x = "1" }\nnext = "bye"\n' + BYE
    },
    {  # one branch has it, the other does not, and where they meet it may be there
        "main.toml": 'start = "h"\n[node.h]\ntype = "hours"\ncalendar = "office"\n'
        'open = "b"\nclosed = "c"\n[node.b]\ntype = "set"\nvalues = { x = "1" }\nnext = "d"\n'
        '[node.c]\ntype = "branch"\ndefault = "d"\n'
        """cases = [{ when = 'x == "1"', to = "bye" }] #! unset-attribute\n"""
        '[node.d]\ntype = "say"\ntext = "{x}"\nnext = "bye"\n' + BYE
    },
    {  # what a subflow sets is known after it, what a command interrupts may have been
        "main.toml": 'start = "a"\n[node.a]\ntype = "subflow"\nflow = "sub"\nnext = "b"\n'
        '[node.b]\ntype = "say"\ntext = "{x}{y}" #! unset-attribute\nnext = "c"\n'
        '[node.c]\ntype = "set"\nvalues = { y = "1" }\nnext = "bye"\n' + BYE,
        "sub.toml": 'start = "s"\n[node.s]\ntype = "set"\nvalues = { x = "1" }\nnext = "t"\n'
        '[node.t]\ntype = "stop"\n',
        "help.toml": 'start = "s"\n[node.s]\ntype = "say"\ntext = "{y}"\nnext = "t"\n'
        '[node.t]\ntype = "hangup"\n',
        "commands.toml": '[operator]\nkey = "0"\nflow = "help"\n',
    },
    {
        "main.toml": 'start = "a"\n[node.a]\ntype = "set"\nnext = "b"\n'
        'values = { x = "gold", y = "12", z = "no {ani}", w = "{ani}" }\n'
        '[node.b]\ntype = "branch"\ndefault = "c"\ncases = [\n'
        '{ when = "x > 3", to = "c" }, #! never-a-number\n'
        '{ when = "y > 3 or w > 3", to = "c" },\n'
        '{ when = "z + 1 == 3", to = "c" }, #! never-a-number\n]\n'
        '[node.c]\ntype = "switch"\non = "language"\ndefault = "bye"\ncases = [\n'
        '{ is = "en", to = "bye" },\n{ at_least = 3, to = "bye" }, #! never-a-number\n]\n' + BYE
    },
    {
        "replies.toml": 'hello = "Good day" #! wrong-type\n[a] #! missing-key\ntitle = "A"\n'
        '[b]\nEnglish = "Hello" #! unknown-key\nen = 5 #! wrong-type\nes = "" #! out-of-range\n'
    },
    # --- secrets ---
    {
        "main.toml": NODE + 'type = "secret"\nprompt = "hello"\nname = "pin"\n'
        'on_fail = "bye"\nnext = "b"\n[node.b]\ntype = "webhook"\nservice = "crm"\npath = "/"\n'
        'body = { a = "{secret.pin}", b = "{secret.pan}" } #! unknown-attribute\n'
        'wait = true\nnext = "bye"\non_fail = "bye"\n'
    },
    {"main.toml": NODE + 'type = "say"\ntext = "It is {secret.pin}." #! bad-value\nnext = "bye"\n'},
    {
        "main.toml": 'start = "a"\n[node.a]\ntype = "set"\n'
        'values = { api_key = "k-774-aa-1" } #! secret-in-file\nnext = "b"\n'
        '[node.b]\ntype = "say"\nnext = "bye"\n'
        'text = "postgres://ann:hunter2@db/x" #! secret-in-file\n' + BYE,
        "prompts/en.toml": 'hello = "Your password = secret, please: see https://a.example/b:c@d"\n'
        'key = """\n-----BEGIN EC PRIVATE KEY----- #! secret-in-file\n"""\n',
        "asterisk/x.conf": "[x]\nexten => s,1,Set(TOKEN=abcd1234) ;#! secret-in-file\n"
        "same => n,Set(PASSWORD=${ARG1})\nsame => n,Return()\n",
    },
    # --- too long ---
    {
        "main.toml": 'start = "w"\n[node.w] #! too-long\ntype = "wait"\nseconds = 601\n'
        'next = "bye"\n' + BYE
    },
    # --- queues ---
    {"queues.toml": "[sales]\nmax_wating = 1 #! unknown-key\n[support]\n"},
    {"queues.toml": '[sales]\nstrategy = "longest" #! unknown-strategy\n[support]\n'},
    {"queues.toml": '[sales]\nrecord = "yes" #! wrong-type\n[support]\nmusic = 3 #! wrong-type\n'},
    {"queues.toml": "[sales]\noffer_seconds = 0 #! out-of-range\n[support]\n"},
    {"queues.toml": "[sales]\nwrapup_seconds = nan #! out-of-range\n[support]\n"},
    {"queues.toml": "[sales]\nmax_waiting = 1.5 #! wrong-type\n[support]\n"},
    {"queues.toml": f"[sales]\nmax_waiting = 0x{'F' * 9000} #! out-of-range\n[support]\n"},
    {"queues.toml": '["sa les"] #! bad-name\n[sales]\ntitle = "" #! out-of-range\n[support]\n'},
    {"queues.toml": "sales = 3 #! wrong-type\n[support]\n"},
    {"queues.toml": '[sales]\nhours = "ofice" #! unknown-calendar\n[support]\n'},
    {"queues.toml": '[sales]\nafter = "mian" #! unknown-flow\n[support]\n'},
    {"queues.toml": '[sales]\nhours = 9 #! wrong-type\n[support]\nhours = "" #! out-of-range\n'},
    # --- hours ---
    {"hours.toml": "[office] #! missing-key missing-key\n"},
    {"hours.toml": '[office]\ntimezone = "America/NewYork" #! bad-timezone\nweek = {}\n'},
    {"hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\nmon = "9-5" #! bad-hours\n'},
    {"hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\nmon = "09:00-09:00" #! bad-hours\n'},
    {"hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\nmon = "09:00-24:01" #! bad-hours\n'},
    {"hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\nmon = 9 #! wrong-type\n'},
    {"hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\nmonday = [] #! bad-name\n'},
    {"hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\nfri-mon = [] #! bad-name\n'},
    {"hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\nfri- = [] #! bad-name\n'},
    {
        "hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\n'
        'mon-fri = ["09:00-12:00", "11:00-13:00"] #! bad-hours\n'
    },
    {
        "hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\n'
        "mon-fri = []\nwed = [] #! bad-hours\n"
    },
    {
        "hours.toml": '[office]\ntimezone = "UTC"\nweek = {}\n[office.dates]\n'
        "2026-02-30 = [] #! bad-name\n20260203 = [] #! bad-name\n"
    },
    {
        "hours.toml": '[office]\ntimezone = "UTC"\n[office.week]\n'
        'mon = ["22:00-02:00", "23:00-24:00"] #! bad-hours\ntue = "24:00-02:00" #! bad-hours\n'
    },
    {"hours.toml": HOLIDAYS + '"UR" #! unknown-country\n'},
    {"hours.toml": HOLIDAYS + "3 #! wrong-type\n"},
    {"hours.toml": HOLIDAYS + '{ subdivision = "N" } #! missing-key\n'},
    {"hours.toml": HOLIDAYS + '{ country = "UT", subdivision = "S" } #! unknown-country\n'},
    {"hours.toml": HOLIDAYS + '{ country = "UT", except = ["Midnight"] } #! unknown-holiday\n'},
    {"hours.toml": HOLIDAYS + '{ country = "UT", except = "Noon" } #! wrong-type\n'},
    {"hours.toml": HOLIDAYS + '{ country = "UT", besides = ["Noon"] } #! unknown-key\n'},
    {"hours.toml": HOLIDAYS + '{ country = "UT", open = ["10-14"] } #! bad-hours\n'},
    # --- the site's own dialplan ---
    {"asterisk/own plan.conf": "", "_": "asterisk/own plan.conf:1 bad-name"},
    {"asterisk/a.conf": "x\udcff", "_": "asterisk/a.conf:1 bad-encoding"},
    {"asterisk/a.conf": ";" + "x" * 1_000_000, "_": "asterisk/a.conf:1 file-too-large"},
    {"asterisk/a.conf": "exten => 1,1,Return() ; #! bad-dialplan\n"},
    {"asterisk/a.conf": "[a\n", "_": "asterisk/a.conf:1 bad-dialplan"},
    {"asterisk/a.conf": "[a](!) ; #! bad-dialplan\n[b](a) ; #! bad-dialplan\n"},
    {"asterisk/a.conf": OWN + " same => n,Playbak(x) ; #! bad-dialplan\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,Set(x=${LENGTH(y)}) ; #! bad-dialplan\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,NoOp(x ; #! bad-dialplan\n" + BACK},
    {"asterisk/a.conf": OWN + " foo ; #! bad-dialplan\n same => x ; #! bad-dialplan\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,System(ls) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,TRYSYSTEM(ls) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,MixMonitor(a,,ls) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,NoOp(${SHELL(ls)}) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,Set(a=${EVAL(${b})}) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,Set(FILE(/x)=y) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,MSet(a=1,b=${c}) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,NoOp(${SET(a=b)}) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,NoOp(${${f}(ls)}) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,NoOp(${a${f}}) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,Set(${f}(/x)=y) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,Set(a${f}=y) ; #! dialplan-refused\n" + BACK},
    {"asterisk/a.conf": "[a]\nexten => 1,hint,PJSIP/${SHELL(ls)} ; #! dialplan-refused\n"},
    {"asterisk/a.conf": "[a]\nexten => ${SHELL(ls)},1,Return() ; #! dialplan-refused\n"},
    {"asterisk/a.conf": "[a]\ninclude => ${CUT(x)} ; #! dialplan-refused\n"},
    {"asterisk/a.conf": "[a]\nignorepat => ${CUT(x)} ; #! dialplan-refused\n"},
    {"asterisk/a.conf": f"[a]\n{BLOCK}\nignorepat => 9 --; #! dialplan-refused\n"},
    {"asterisk/a.conf": '#include "/x" ; #! dialplan-refused\n#exec ls ; #! dialplan-refused\n'},
    {"asterisk/a.conf": "[a]\nswitch => x ; #! dialplan-refused\n"},
    {"asterisk/a.conf": "[acd-in] ; #! dialplan-reserved\n[general] ; #! dialplan-reserved\n"},
    {"asterisk/a.conf": "[a]\ninclude => acd-leg ; #! dialplan-reserved\n"},
    {"asterisk/a.conf": OWN + " same => n,Goto(acd-leg,s,1) ; #! dialplan-reserved\n"},
    {"asterisk/a.conf": OWN + " same => n,Dial(Local/s@acd-out) ; #! dialplan-reserved\n" + BACK},
    {"asterisk/a.conf": OWN + " same => n,Wait(1) ; #! dialplan-dead-end\n"},
    {"asterisk/a.conf": OWN + " same => n,Goto(nowhere,s,1) ; #! unknown-context\n"},
    {"asterisk/a.conf": OWN + " same => n,Goto(acd-enter,mian,1) ; #! unknown-flow\n"},
    {"asterisk/a.conf": "[a]\ninclude => b ; #! unknown-context\n"},
    {"hours.toml": '["the office"] #! bad-name\ntimezone = "UTC"\nweek = {}\n'},
    # --- prompts ---
    {"prompts/en.toml": 'hello = "" #! out-of-range\n'},
    {"prompts/en.toml": "hello = [1] #! wrong-type\n"},
    {"prompts/en.toml": '"Hello!" = "x" #! bad-name\n'},
    {"prompts/en.toml": 'a.b = "x"\n"a.b" = "y" #! duplicate-key\n'},
    {"prompts/en.toml": ".".join("a" * 12) + ' = "deep" #! wrong-type\n'},
    {"prompts/en.toml": 'hello = "file:no.wav" #! missing-sound\n'},
    {"prompts/en.toml": 'hello = "file:../secret" #! missing-sound\n'},
    {
        "prompts/en.toml": 'hello = "Hello {caller_name}." #! bad-value\nfree = "{x} ${y} {{z}}"\n'
        '[menu] #! bad-value\nspoken = "Press 1."\nwritten = "Order {order}?"\n',
        "main.toml": NODE + 'type = "set"\nvalues = { order = "1" }\nnext = "bye"\n',
    },
    {"prompts/en.toml": 'hello = "file:bad.wav" #! bad-sound\nmenu = "file:good.wav"\n'},
    # --- flows ---
    {"main.toml": BYE, "_": "main.toml:1 missing-key"},
    {"main.toml": 'start = "bye"\n', "_": "main.toml:1 missing-key unknown-node"},
    {"main.toml": 'start = "by" #! unknown-node\n' + BYE},
    {"main.toml": "start = 3 #! wrong-type\n" + BYE},
    {"main.toml": 'start = "bye"\non_fail = "human" #! unknown-node\n' + BYE},
    {"main.toml": 'strat = "bye" #! unknown-key\nstart = "bye"\n' + BYE},
    {"main.toml": 'start = "" #! out-of-range\n' + BYE},
    {"main.toml": 'start = "a" #! unknown-node\nnode = [] #! wrong-type\n'},
    {"main.toml": NODE + SET + 'next = "" #! out-of-range\n'},
    {"main.toml": 'start = "a"\n[node]\na = 3 #! wrong-type\n'},
    {"main.toml": 'start = "a b"\n[node."a b"] #! bad-name\ntype = "hangup"\n'},
    {"main.toml": NODE.replace("[node.a]", "[node.a] #! missing-key") + 'next = "bye"\n'},
    {"main.toml": NODE + 'type = "hangpu" #! unknown-type\n'},
    {"main.toml": NODE + 'type = "zzz" #! unknown-type\n'},
    {"main.toml": NODE + "type = 3 #! wrong-type\n"},
    {"main.toml": NODE + SET + 'nxet = "bye" #! unknown-key\nnext = "bye"\n'},
    {"main.toml": NODE.replace("[node.a]", "[node.a] #! missing-key") + SET},
    {"main.toml": NODE + SET + 'next = "by" #! unknown-node\n'},
    {"main.toml": NODE + SET + "next = 1.5 #! wrong-type\n"},
    {"main.toml": NODE.replace("[node.a]", "[node.a] #! bad-value") + 'type = "set"\nnext = "bye"'},
    {"main.toml": NODE + 'type = "set"\nvalues = 3 #! wrong-type\nnext = "bye"\n'},
    {"main.toml": NODE + 'type = "set"\nvalues = {} #! out-of-range\nnext = "bye"\n'},
    {"main.toml": NODE + 'type = "set"\nvalues = { ani = "" } #! bad-name\nnext = "bye"\n'},
    {"main.toml": NODE + 'type = "set"\nvalues = { x = 1 } #! wrong-type\nnext = "bye"\n'},
    {
        "main.toml": NODE
        + 'type = "set"\nvalues = { order = "{oder}" } #! unknown-attribute\nnext = "bye"\n'
    },
    {"main.toml": NODE + 'type = "set"\nlanguage = "fr" #! unknown-language\nnext = "bye"\n'},
    {"main.toml": NODE + 'type = "say"\ntext = { fr = "x" } #! unknown-language\nnext = "bye"\n'},
    {"main.toml": NODE + 'type = "say"\ntext = 3 #! wrong-type\nnext = "bye"\n'},
    {"main.toml": NODE + 'type = "say"\ntext = "{x}" #! unknown-attribute\nnext = "bye"\n'},
    {"main.toml": NODE.replace("[node.a]", "[node.a] #! bad-value") + 'type = "goto"\n'},
    {"main.toml": NODE + 'type = "goto"\nflow = "other" #! unknown-flow\n'},
    {"main.toml": NODE + 'type = "goto"\nflow = "main"\nnode = "c" #! unknown-node\n'},
    {
        "main.toml": NODE + 'type = "hours"\ncalendar = "ofice" #! unknown-calendar\n'
        'open = "bye"\nclosed = "bye"\n'
    },
    {"main.toml": NODE + ENQUEUE.replace('"sales"', '"sale" #! unknown-queue')},
    {"main.toml": NODE + ENQUEUE + 'require = [{ skill = "x" }] #! missing-key\n'},
    {"main.toml": NODE + ENQUEUE + 'require = [\n{ skill = "x", min = 0 }, #! out-of-range\n]\n'},
    {"main.toml": NODE + ENQUEUE + 'require = ["x"] #! wrong-type\n'},
    {"main.toml": NODE + ENQUEUE + 'require = "x" #! wrong-type\n'},
    {"main.toml": NODE + ENQUEUE + f"require = [{'{},' * 21}] #! out-of-range\n"},
    {"main.toml": NODE + ENQUEUE + "priority = true #! wrong-type\n"},
    {
        "main.toml": NODE + 'type = "collect"\nprompt = "hello"\nattribute = "Order" #! bad-name\n'
        'next = "bye"\non_fail = "bye"\n'
    },
    {
        "main.toml": NODE + 'type = "collect"\nprompt = "hello"\nattribute = 3 #! wrong-type\n'
        'terminator = "##" #! bad-value\nmin_digits = 41 #! out-of-range\n'
        'next = "bye"\non_fail = "bye"\n'
    },
    {
        "main.toml": NODE.replace("[node.a]", "[node.a] #! bad-value")
        + 'type = "collect"\nprompt = "hello"\nattribute = "x"\nmin_digits = 4\nmax_digits = 3\n'
        'next = "bye"\non_fail = "bye"\n'
    },
    {
        "main.toml": NODE + 'type = "menu"\nprompt = "hello"\non_fail = "bye"\n'
        'keys = { 12 = "bye", A = "bye", 1 = "bye" } #! bad-name bad-name\n'
    },
    {
        "main.toml": NODE + 'type = "menu"\nprompt = ["hello", "helo"] #! unknown-prompt\n'
        'keys = { 1 = "bye" }\non_fail = "bye"\n'
    },
    {"main.toml": NODE + 'type = "play"\nprompt = [] #! out-of-range\nnext = "bye"\n'},
    {"main.toml": NODE + 'type = "play"\nprompt = 3 #! wrong-type\nnext = "bye"\n'},
    {
        "main.toml": NODE
        + 'type = "play"\nprompt = [\n"hello",\n3, #! wrong-type\n]\nnext = "bye"\n'
    },
    {
        "numbers.toml": '"1" = "main"\n"2" = { flow = "main", language = "es" }\n',
        "prompts/es.toml": 'hola = "x"\n',
        "main.toml": NODE + 'type = "play"\nprompt = "hello" #! unknown-prompt\nnext = "bye"\n',
    },
    *(
        {"main.toml": NODE + f'type = "switch"\ndefault = "bye"\non = {on}\ncases = {cases}\n'}
        for on, cases in (
            ('"nobody" #! unknown-attribute', '[{ is = "1", to = "bye" }]'),
            ("3 #! wrong-type", '[{ is = "1", to = "bye" }]'),
            ('"ani"', "[] #! out-of-range"),
            ('"ani"', "3 #! wrong-type"),
            ('"ani"', "[3] #! wrong-type"),
            ('"ani"', '[{ iss = "1", to = "bye" }] #! unknown-key'),
            ('"ani"', '[{ is = "1" }] #! missing-key'),
            ('"ani"', '[{ to = "bye" }] #! missing-key'),
            ('"ani"', '[{ is = "1", at_least = 1, to = "bye" }] #! missing-key'),
            ('"ani"', '[{ is = "1", to = 3 }] #! wrong-type'),
            ('"ani"', '[{ is = 1, to = "bye" }] #! wrong-type'),
            ('"ani"', '[{ is = [], to = "bye" }] #! wrong-type'),
            ('"ani"', '[{ at_least = true, to = "bye" }] #! wrong-type'),
            ('"ani"', '[\n{ is = "1", to = "bye" },\n{ is = "1", to = "by" }, #! unknown-node\n]'),
        )
    ),
    # --- ways ---
    {"main.toml": 'start = "a"\n[node.a] #! no-exit\ntype = "enqueue"\nqueue = "sales"\n'},
    {
        "main.toml": 'start = "a"\n[node.a] #! no-exit\ntype = "enqueue"\nqueue = "sales"\n'
        'on_full = "bye"\n' + BYE
    },
    {
        "main.toml": 'start = "a"\n[node.a] #! no-exit\ntype = "menu"\nprompt = "hello"\n'
        'keys = { 1 = "a" }\n'
    },
    {"main.toml": 'start = "bye"\n' + BYE + '[node.b] #! unreachable-node\ntype = "hangup"\n'},
    {
        "main.toml": NODE.replace("[node.a]", "[node.a] #! loop-without-wait")
        + 'type = "switch"\non = "ani"\ncases = [{ is = "1", to = "b" }]\ndefault = "bye"\n'
        '[node.b]\ntype = "goto"\nflow = "main"\n'
    },
    {  # full, and whoever should help is the same queue
        "main.toml": 'start = "a"\non_fail = "a"\n[node.a] #! loop-without-wait\n'
        'type = "enqueue"\nqueue = "sales"\non_timeout = "bye"\n' + BYE
    },
    {
        "main.toml": 'start = "a"\n[node.a] #! trap\ntype = "play"\nprompt = "hello"\nnext = "b"\n'
        '[node.b] #! trap\ntype = "play"\nprompt = "hello"\nnext = "a"\n'
    },
    {  # loops and traps across flows
        "main.toml": 'start = "a"\n[node.a] #! loop-without-wait trap\n'
        'type = "goto"\nflow = "other"\n',
        "other.toml": 'start = "b"\n[node.b] #! trap\ntype = "goto"\nflow = "main"\nnode = "a"\n',
    },
    {  # a way out exists, but only for who presses a key
        "main.toml": NODE.replace("[node.a]", "[node.a] #! silent-loop")
        + 'type = "menu"\nprompt = "hello"\nkeys = { 1 = "bye" }\non_fail = "again"\n'
        '[node.again] #! silent-loop\ntype = "play"\nprompt = "late"\nnext = "a"\n'
    },
]


def expected(files: dict[str, str]) -> list[tuple[str, int, str]]:
    found = []
    if "_" in files:  # where a mark would change the case
        file, _, rest = files["_"].partition(":")
        line, *codes = rest.split()
        found += [(file, int(line), code) for code in codes]
    for name, text in files.items():
        for number, line in enumerate(text.split("\n"), start=1):
            mark = _MARK.search(line)
            if mark and name != "_":
                found += [(name, number, code) for code in mark[1].split()]
    return sorted(found)


SOUNDS = {"good.wav": Sound("1"), "bad.wav": Sound("2", "is not a sound")}


def problems(files: dict[str, str]) -> list[tuple[str, int, str]]:
    merged = FILES | {"main.toml": 'start = "bye"\n' + BYE} | files
    merged.pop("_", None)
    encoded = {name: text.encode("utf-8", "surrogateescape") for name, text in merged.items()}
    zones = frozenset({"UTC", "America/New_York"})
    site, found = load(encoded, SOUNDS, zones, UTOPIA, services={"crm"})
    assert (site is None) is bool(found)
    return [(p.file, p.line, p.code) for p in found]


@pytest.mark.parametrize("files", CASES, ids=lambda files: next(iter(files.values()))[-60:])
def test_problem(files: dict[str, str]) -> None:
    wanted = expected(files)
    assert wanted
    assert problems(files) == wanted


def test_all_problems_of_all_files_at_once() -> None:
    files = {
        "numbers.toml": '"100" = "mian" #! unknown-flow\n',
        "queues.toml": '[sales]\nstrategy = "x" #! unknown-strategy\n',
        "hours.toml": "broken #! bad-toml\n",
        "main.toml": NODE + ENQUEUE + 'priority = "x" #! wrong-type\nrequire = 3 #! wrong-type\n',
        "prompts/en.toml": 'hello = "file:x.wav" #! missing-sound\n',
    }
    assert problems(files) == expected(files)


def test_every_code_is_tested() -> None:
    tested = {code for files in CASES for _, _, code in expected(files)}
    elsewhere = {"missing-file", "unreadable-file", "bad-story", "story-failed"}
    assert tested | elsewhere == {code.code for code in Code}
    assert not tested & elsewhere


def test_holidays_stand_among_the_dates() -> None:
    keys = '{ country = "UT", subdivision = "N", open = ["22:00-02:00"] }'
    text = HOLIDAYS + keys + "\n[office.dates]\n2026-11-24 = []\n"
    main = {"main.toml": 'start = "bye"\n' + BYE}
    site, _ = read(main | {"hours.toml": text})
    assert site is not None
    office = site.calendars["office"]
    night = ((1320, 1560),)
    assert office.dates == {"2026-11-23": night, "2026-12-25": night, "2026-11-24": ()}
    assert office.holidays["2026-11-24"] == "North"
    assert office.known_until == "2027-12-31"
    without, _ = read(main | {"hours.toml": text.replace("open", 'except = ["Mediodía"], open')})
    assert without is not None
    assert set(without.calendars["office"].dates) == {"2026-12-25", "2026-11-24"}
    without, _ = read(main | {"hours.toml": text.replace("open", 'except = ["Noon"], open')})
    assert without is not None
    assert set(without.calendars["office"].dates) == {"2026-11-24"}  # the observed day goes, too


def test_a_year_that_adds_holidays_is_a_new_version() -> None:
    class Later(type(UTOPIA)):
        def holidays(self, country: str, subdivision: str) -> dict[str, Holiday]:
            return dict(super().holidays(country, subdivision)) | {
                "2028-01-01": Holiday("New Year", ("New Year",))
            }

    files = {name: text.encode() for name, text in FILES.items()}
    files["main.toml"] = f'start = "bye"\n{BYE}'.encode()
    zones = frozenset({"UTC"})
    without = [load(files, {}, zones, book)[0] for book in (UTOPIA, Later())]
    files["hours.toml"] = f'{HOLIDAYS}"UT"\n'.encode()
    with_them = [load(files, {}, zones, book)[0] for book in (UTOPIA, Later())]
    versions = [site.version for site in (*without, *with_them) if site is not None]
    assert len(versions) == 4
    assert versions[0] == versions[1]
    assert versions[2] != versions[3]


def test_a_site_without_numbers_is_none() -> None:
    site, found = load({}, {}, frozenset())
    assert site is None
    assert [str(p) for p in found] == [
        "numbers.toml:1: missing-file: no numbers.toml: it says what each number reaches"
    ]


def test_what_a_broken_file_would_have_said_is_not_missed() -> None:
    flow = NODE + 'type = "hours"\ncalendar = "x"\nopen = "b"\nclosed = "bye"\n'
    flow += "[node.b]\n" + ENQUEUE.replace("sales", "y") + '[node.c]\ntype = "goto"\nflow = "z"\n'
    flow = flow.replace('open = "b"', 'open = "b"').replace('closed = "bye"', 'closed = "c"')
    files = {
        "main.toml": flow,
        "hours.toml": "= #! bad-toml",
        "queues.toml": "= #! bad-toml",
        "z.toml": "= #! bad-toml",
        "prompts/en.toml": "= #! bad-toml",
    }
    assert problems(files) == expected(files)


BRANCH = 'type = "branch"\ncases = [{ when = "COND", to = "bye" }]\ndefault = "bye"\n'
SWITCH = (
    'type = "switch"\non = "channel"\ncases = [{ is = "phone", to = "bye" }]\ndefault = "bye"\n'
)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('start = "by"\n' + BYE, 'did you mean "bye"?'),
        ('start = "bye"\ntilte = "x"\n' + BYE, 'did you mean "title"?'),
        (NODE + ENQUEUE.replace("sales", "sale"), 'did you mean "sales"?'),
        (NODE + 'type = "hang"\n', 'did you mean "hangup"?'),
        (NODE + 'type = "x"\n', "only answer, branch,"),
        (NODE + BRANCH.replace("COND", "ani = '1'"), "`==` compares"),
        (NODE + BRANCH.replace("COND", "ani == '1' && dnis == '2'"), "say `and`, `or`, `not`"),
        (NODE + BRANCH.replace("COND", "ani >= and"), 'tier == "gold"`'),
        (NODE + SWITCH, 'no channel "phone", only voice, chat'),
        (NODE + SWITCH.replace("phone", "vioce"), 'did you mean "voice"?'),
        (NODE + SWITCH.replace("is =", "equals ="), "only is, starts_with"),
    ],
)
def test_a_problem_says_what_might_be_meant(wrong: str, right: str) -> None:
    _, found = read({"main.toml": wrong})
    assert right in found[0].message


SPANISH = {"numbers.toml": '"100" = "main"\n"101" = { flow = "main", language = "es" }\n'}
MENU = 'type = "menu"\nprompt = "menu"\nkeys = { 1 = "bye" }\non_fail = "bye"\n'


@pytest.mark.parametrize(
    ("file", "text", "hint"),
    [
        ("main.toml", NODE + MENU.replace('"menu"\nkeys', '"Press 1."\nkeys'), "by its key"),
        ("main.toml", NODE + MENU.replace('1 = "bye"', '1 = "sales"'), 'of type "goto"'),
        ("main.toml", NODE + MENU.replace('1 = "bye"', '1 = "sales.a"'), 'of type "goto"'),
        ("main.toml", NODE + MENU.replace("type", "Type"), '"type" for "Type"'),
        ("main.toml", NODE.replace("node.a", "nodes.a") + MENU, "[node.NAME]"),
        ("main.toml", NODE + ENQUEUE.replace("sales", "other"), "[other] into queues.toml"),
        ("main.toml", NODE + BRANCH.replace("COND", "ani == gold"), 'in quotes: "gold"'),
        ("numbers.toml", '"100" = { flow = "main", language = "Greek" }\n', "a code such as es"),
        ("numbers.toml", '"100" = { flow = "main", language = "el" }\n', "prompts/el.toml"),
        ("numbers.toml", '"+1 (555) 01-42" = "main"\n', 'write "+15550142"'),
        ("queues.toml", "[sales]\ntitle = 5\n[support]\n", 'in quotes: "5"'),
        ("hours.toml", '[o]\ntimezone = "Home"\nweek = {}\n', "Europe/Madrid"),
        ("hours.toml", f'{HOLIDAYS}"Utopia"\n', "two letters"),
        ("hours.toml", f'{HOLIDAYS}{{ country = "UT", subdivision = "Q" }}\n', "there are N"),
        (
            "hours.toml",
            '[o]\ntimezone = "UTC"\nweek = { mon = ["17:00-09:00", "18:00-19:00"] }\n',
            '"17:00-09:00" ends on the next day',
        ),
    ],
)
def test_a_problem_says_how_to_mend_it(file: str, text: str, hint: str) -> None:
    sales = {"sales.toml": f'start = "bye"\n{BYE}'}
    main = {"main.toml": f'start = "bye"\n{BYE}'}
    _, found = read(sales | main | {file: text})
    assert any(hint in problem.hint for problem in found), found


def test_the_part_of_a_country_is_known_by_its_whole_code() -> None:
    _, found = read({"hours.toml": f'{HOLIDAYS}{{ country = "UT", subdivision = "UT-N" }}\n'})
    assert 'did you mean "N"?' in found[0].message


def test_a_prompt_that_no_language_has_is_told_once() -> None:
    _, found = read({"main.toml": NODE + MENU.replace('"menu"\nkeys', '"x"\nkeys'), **SPANISH})
    assert [p.message for p in found] == ['no prompt "x" in prompts/en.toml, prompts/es.toml']


def test_a_language_without_any_prompt_is_told_once() -> None:
    play = 'type = "play"\nprompt = ["hello", "late"]\nnext = "bye"\n'
    _, found = read({"main.toml": NODE + play, "prompts/es.toml": 'x = "y"\n', **SPANISH})
    assert [(p.file, p.line, p.message) for p in found] == [
        ("prompts/es.toml", 1, "none of the 2 prompts that flows name is here")
    ]


def test_what_a_broken_node_sets_is_not_missed() -> None:
    look_up = 'type = "set"\nvalue = { x = "1" }\nnext = "b"\n'
    say = '[node.b]\ntype = "say"\ntext = "{x}"\nnext = "bye"\n'
    _, found = read({"main.toml": NODE + look_up + say})
    assert [p.code for p in found] == ["unknown-key"]


def test_a_message_is_one_line_whatever_the_name_is() -> None:
    _, found = read({"main.toml": 'start = "a\\n\\u001b[31m' + "x" * 900 + '"\n' + BYE})
    assert found
    for problem in found:
        assert str(problem).isprintable()
        assert len(str(problem)) < 600


def test_problems_of_a_file_without_known_lines_are_on_its_first() -> None:
    report = Report()
    report.at("x.toml", "a", 3).say(Code.BAD_NAME, "?")
    assert [str(p) for p in report.sorted()] == ["x.toml:1: bad-name: ?"]


def test_the_site_that_was_written() -> None:
    site, found = read(
        {
            "numbers.toml": '"100" = "main"\n'
            'default = { flow = "main", title = "T", language = "es" }\n',
            "queues.toml": '[sales]\ntitle = "S"\nmax_waiting = 5\noffer_seconds = 7\n[support]\n',
            "hours.toml": """[office]
            timezone = "America/New_York"
            week = { mon-tue = ["13:00-17:00", "08:00-12:00"], sun = "00:00-24:00" }
            dates = { 2026-12-25 = [] }
            """,
            "main.toml": 'start = "bye"\n' + BYE,
            "prompts/en.toml": 'hello = "file:good.wav"\nsystem.sorry = "Oh."\n',
        },
        SOUNDS,
    )
    assert found == []
    assert site is not None
    assert site.numbers == {
        "100": Number("main"),
        "default": Number("main", title="T", language="es"),
    }
    assert site.queues == {
        "sales": Queue("sales", title="S", max_waiting=5, offer_seconds=7),  # type: ignore[arg-type]
        "support": Queue("support"),  # type: ignore[arg-type]
    }
    slots = ((480, 720), (780, 1020))
    week = {"mon": slots, "tue": slots, "sun": ((0, 1440),)}
    assert site.calendars == {
        "office": Calendar("office", "America/New_York", week, {"2026-12-25": ()})
    }
    assert site.flows["main"]["start"] == "bye"
    assert site.prompts["en"] == {
        **SYSTEM_PROMPTS,
        "hello": "file:good.wav",
        "system.sorry": "Oh.",
    }


def test_the_version_changes_with_every_file_and_with_nothing_else() -> None:
    base = {"main.toml": 'start = "bye"\n' + BYE}
    sounds = {"good.wav": Sound("1")}
    one, _ = read(base, sounds)
    versions = {one.version if one else ""}
    again, _ = read(dict(reversed(base.items())), sounds)
    assert {again.version if again else ""} == versions
    for files, heard in (
        (base | {"queues.toml": "[sales]\n[support]\n\n"}, sounds),
        (base | {"prompts/fr.toml": 'a = "b"'}, sounds),
        (base, {"good.wav": Sound("2")}),
        (base, {"other.wav": Sound("1")}),
    ):
        site, _ = read(files, heard)
        assert site is not None
        versions.add(site.version)
    assert len(versions) == 5
