"""Values in words, as people of a language say them.

A voice reads digits by itself, but each in its own way and some wrongly: words are heard as they
are. The five languages of the sample site have rules here; in another one a value is spoken as it
is written and the voice does its best.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from babel.dates import get_month_names
from babel.numbers import get_currency_name
from num2words import num2words

from acd.app.written import locale_of, written
from acd.core.flows import Prompt
from acd.flow.values import Money, parse


def spoken(prompt: Prompt, language: str) -> str:
    """Return what is said for a prompt that is a text or a value.

    A value that is none of its kind is said as it came: a caller's entry never stops a flow.

    >>> spoken(Prompt("digits", "47#"), "en")
    'four, seven, pound'
    >>> spoken(Prompt("time", "21:01"), "ru")
    'двадцать один час одна минута'
    """
    tongue = _TONGUES.get(language.partition("-")[0])
    if tongue is None:
        return _apart(prompt, language)
    match parse(prompt.kind, prompt.value):
        case Decimal() as number:
            return tongue.number(number)
        case Money() as money:
            return tongue.money(money)
        case date() as day:
            return tongue.date(day)
        case time() as clock:
            return tongue.clock(clock)
        case str() as digits:
            return ", ".join(tongue.character(one) for one in digits if not one.isspace())
        case None:
            return prompt.value


def _apart(prompt: Prompt, language: str) -> str:
    text = written(prompt, language)
    return ", ".join("".join(text.split())) if prompt.kind == "digits" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tongue:
    """How a language says values.

    Attributes:
        name: of the language, for Babel and num2words.
        cardinals: its name for num2words where that is another.
        minus, point: words for the signs of a number.
        with_cents: what stands between whole money and its hundredths.
        millions: the last word of whole millions, which money is counted in "of"; empty where that
            is no rule.
        keys: names of the characters that are no letters and digits.
        date, clock: say a day and a time.
    """

    name: str
    cardinals: str = ""
    minus: str
    point: str
    with_cents: str
    millions: str = ""
    keys: Mapping[str, str]
    date: Callable[[date], str]
    clock: Callable[[time], str]

    def words(self, number: int) -> str:
        """Return a whole number in words."""
        return _words(number, self.cardinals or self.name)

    def number(self, number: Decimal) -> str:
        """Return a number in words, its decimals one by one."""
        sign = f"{self.minus} " if number < 0 else ""
        whole, _, decimals = f"{abs(number):f}".partition(".")
        decimals = decimals.rstrip("0")
        if self.name == "ru" and decimals:
            # Russian names the fraction: "three and seven hundredths".
            return sign + str(num2words(Decimal(f"{whole}.{decimals}"), lang="ru"))
        tail = "".join(f" {self.words(int(digit))}" for digit in decimals)
        return sign + self.words(int(whole)) + (f" {self.point}{tail}" if tail else "")

    def character(self, one: str) -> str:
        """Return the name of a character that is said by itself."""
        if one in "0123456789":
            return self.words(int(one))
        return self.keys.get(one, one.upper())

    def money(self, money: Money) -> str:
        """Return an amount in words; hundredths only where there are some."""
        amount = abs(money.amount)
        has_cents = amount % 1 != 0
        sign = f"{self.minus} " if money.amount < 0 else ""
        parts = self._portuguese(money) if self.name == "pt" else self._coins(money)
        if parts is None:
            # Money with cents is counted like many: "0.99 pounds".
            count = amount if has_cents else int(amount)
            name = get_currency_name(money.currency, count, locale_of(self.name))
            name = name.lower() if self.name == "pt" else name
            return sign + self._of(amount, f"{self._counted(amount, name)} {name}")
        major, minor = self._of(amount, parts[0]), parts[1]
        said = [part for part, there in ((major, amount >= 1 or not has_cents), (minor, has_cents))
                if there]  # fmt: skip
        return sign + self.with_cents.join(said)

    def _of(self, amount: Decimal, text: str) -> str:
        """Say "a million of dollars" where a language does: ``un millón de dólares``."""
        if not self.millions or amount < 1_000_000 or amount // 1 % 1_000_000:
            return text
        return re.sub(rf"\b({self.millions}) ", rf"\1 {'di' if self.name == 'it' else 'de'} ", text)

    def _counted(self, amount: Decimal, name: str) -> str:
        """Return a number in words that agree with what is counted."""
        words = self.number(amount)
        if self.name == "it":
            return re.sub("^uno$", "un", words)
        if self.name == "pt" and name.split()[0].endswith(("a", "as")):
            return re.sub(r"\bum$", "uma", re.sub(r"\bdois$", "duas", words))
        return words

    def _coins(self, money: Money) -> tuple[str, str] | None:
        amount = abs(money.amount).quantize(Decimal("0.01"))
        try:
            text = num2words(
                amount, lang=self.name, to="currency", currency=money.currency, separator="|"
            )
        except NotImplementedError:
            return None
        major, _, minor = str(text).partition("|")
        if self.name == "en" and amount // 1 != 1:
            major = re.sub(r"\beuro$", "euros", major)
        if self.name == "it":
            major = major.replace("unmila", "unomila")
        return major.strip(), minor.strip()

    def _portuguese(self, money: Money) -> tuple[str, str] | None:
        # The library knows the cents of Portugal only, and no real but in a way of its own.
        names = _REAIS.get(money.currency)
        if names is None:
            return None
        whole, cents = int(abs(money.amount)), int(abs(money.amount) * 100) % 100
        return (
            f"{self.words(whole)} {names[whole != 1]}",
            f"{self.words(cents)} {'centavo' if cents == 1 else 'centavos'}",
        )


_REAIS = {"BRL": ("real", "reais"), "USD": ("dólar", "dólares"), "EUR": ("euro", "euros")}


def _words(number: int, language: str, **how: object) -> str:
    text = str(num2words(number, lang=language, **how))
    if language == "es":  # veintiún mil, treinta y un millones
        text = re.sub(r"veintiuno(?= mil)", "veintiún", re.sub(r"\buno(?= mil)", "un", text))
    return text


def _month(day: date, language: str) -> str:
    return str(get_month_names("wide", locale=locale_of(language))[day.month])


# --- dates --------------------------------------------------------------------------------------


def _english_date(day: date) -> str:
    ordinal = _words(day.day, "en", to="ordinal")
    return f"{_month(day, 'en')} {ordinal}, {_words(day.year, 'en', to='year')}"


def _romance_date(language: str, cardinals: str, first: str, of: str) -> Callable[[date], str]:
    def say(day: date) -> str:
        number = first if day.day == 1 else _words(day.day, cardinals)
        return f"{number}{of}{_month(day, language)}{of}{_words(day.year, cardinals)}"

    return say


def _russian_date(day: date) -> str:
    number = _words(day.day, "ru", to="ordinal", gender="n")
    year = _words(day.year, "ru", to="ordinal", case="g")
    return f"{number} {_month(day, 'ru')} {year} года"


# --- times --------------------------------------------------------------------------------------


def _english_clock(clock: time) -> str:
    if clock.minute == 0 and clock.hour % 12 == 0:
        return "noon" if clock.hour else "midnight"
    parts = [_words(clock.hour % 12 or 12, "en")]
    if clock.minute:
        parts.append(("oh " if clock.minute < 10 else "") + _words(clock.minute, "en"))
    return " ".join((*parts, "P M" if clock.hour >= 12 else "A M"))


def _spanish_clock(clock: time) -> str:
    minutes = f" y {_words(clock.minute, 'es')}" if clock.minute else ""
    if clock.hour == 0:
        return f"las doce{minutes} de la noche"
    hour = re.sub("uno$", "una", _words(clock.hour, "es"))
    return f"{'la' if clock.hour == 1 else 'las'} {hour}{minutes or ' en punto'}"


def _italian_clock(clock: time) -> str:
    if clock.hour == clock.minute == 0:
        return "mezzanotte"
    hour = re.sub("^uno$", "una", _words(clock.hour, "it"))
    return f"ore {hour}" + (f" e {_words(clock.minute, 'it')}" if clock.minute else "")


def _portuguese_clock(clock: time) -> str:
    hour = re.sub("um$", "uma", re.sub("dois$", "duas", _words(clock.hour, "pt_BR")))
    text = f"{hour} {'hora' if clock.hour < 2 else 'horas'}"
    if clock.minute:
        minutes = "minuto" if clock.minute == 1 else "minutos"
        text += f" e {_words(clock.minute, 'pt_BR')} {minutes}"
    return text


def _russian_clock(clock: time) -> str:
    plural = locale_of("ru").plural_form
    hours = {"one": "час", "few": "часа", "many": "часов"}[plural(clock.hour)]
    text = f"{_words(clock.hour, 'ru')} {hours}"
    if clock.minute:
        minutes = {"one": "минута", "few": "минуты", "many": "минут"}[plural(clock.minute)]
        text += f" {_words(clock.minute, 'ru', gender='f')} {minutes}"
    return text


_TONGUES: Mapping[str, _Tongue] = {
    tongue.name: tongue
    for tongue in (
        _Tongue(
            name="en",
            minus="minus",
            point="point",
            with_cents=" and ",
            keys={"*": "star", "#": "pound", "+": "plus", "-": "dash", ".": "dot"},
            date=_english_date,
            clock=_english_clock,
        ),
        _Tongue(
            name="es",
            minus="menos",
            point="punto",
            with_cents=" con ",
            millions=r"mill(?:ón|ones)",
            keys={"*": "asterisco", "#": "numeral", "+": "más", "-": "guion", ".": "punto"},
            date=_romance_date("es", "es", "primero", " de "),
            clock=_spanish_clock,
        ),
        _Tongue(
            name="it",
            minus="meno",
            point="virgola",
            with_cents=" e ",
            millions=r"mili(?:one|oni|ardo|ardi)",
            keys={"*": "asterisco", "#": "cancelletto", "+": "più", "-": "trattino", ".": "punto"},
            date=_romance_date("it", "it", "primo", " "),
            clock=_italian_clock,
        ),
        _Tongue(
            name="pt",
            cardinals="pt_BR",
            minus="menos",
            point="vírgula",
            with_cents=" e ",
            millions=r"[mb]ilh(?:ão|ões)",
            keys={"*": "asterisco", "#": "jogo da velha", "+": "mais", "-": "traço", ".": "ponto"},
            date=_romance_date("pt", "pt_BR", "primeiro", " de "),
            clock=_portuguese_clock,
        ),
        _Tongue(
            name="ru",
            minus="минус",
            point="запятая",
            with_cents=" ",
            keys={"*": "звёздочка", "#": "решётка", "+": "плюс", "-": "тире", ".": "точка"},
            date=_russian_date,
            clock=_russian_clock,
        ),
    )
}
