"""Numbers, dates, times, money and digits: said and written in the languages of the sample site."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.app.spoken import spoken
from acd.app.written import written
from acd.core.flows import Prompt
from acd.flow.values import KINDS

pytestmark = pytest.mark.app

LANGUAGES = ("en", "es", "it", "pt", "ru")

SAID = {
    ("digits", "41#"): (
        "four, one, pound",
        "cuatro, uno, numeral",
        "quattro, uno, cancelletto",
        "quatro, um, jogo da velha",
        "четыре, один, решётка",
    ),
    ("number", "-21.50"): (
        "minus twenty-one point five",
        "menos veintiuno punto cinco",
        "meno ventuno virgola cinque",
        "menos vinte e um vírgula cinco",
        "минус двадцать одна целая пять десятых",
    ),
    ("date", "2026-11-01"): (
        "November first, twenty twenty-six",
        "primero de noviembre de dos mil veintiséis",
        "primo novembre duemilaventisei",
        "primeiro de novembro de dois mil e vinte e seis",
        "первое ноября две тысячи двадцать шестого года",
    ),
    ("time", "21:02"): (
        "nine oh two P M",
        "las veintiuna y dos",
        "ore ventuno e due",
        "vinte e uma horas e dois minutos",
        "двадцать один час две минуты",
    ),
    ("time", "00:00"): (
        "midnight",
        "las doce de la noche",
        "mezzanotte",
        "zero hora",
        "ноль часов",
    ),
    ("money", "12.50 USD"): (
        "twelve dollars and fifty cents",
        "doce dólares con cincuenta centavos",
        "dodici dollari e cinquanta centesimi",
        "doze dólares e cinquenta centavos",
        "двенадцать долларов пятьдесят центов",
    ),
    ("money", "1.00 EUR"): ("one euro", "un euro", "un euro", "um euro", "один евро"),
    ("money", "0.01 EUR"): (
        "one cent",
        "un céntimo",
        "un centesimo",
        "um centavo",
        "один цент",
    ),
    ("number", "21031"): (
        "twenty-one thousand and thirty-one",
        "veintiún mil treinta y uno",
        "ventunomilatrentuno",
        "vinte e um mil e trinta e um",
        "двадцать одна тысяча тридцать один",
    ),
    ("money", "21000 USD"): (
        "twenty-one thousand dollars",
        "veintiún mil dólares",
        "ventunomila dollari",
        "vinte e um mil dólares",
        "двадцать одна тысяча долларов",
    ),
    ("money", "31000000.50 EUR"): (
        "thirty-one million euros and fifty cents",
        "treinta y un millones de euros con cincuenta céntimos",
        "trentun milioni di euro e cinquanta centesimi",
        "trinta e um milhões de euros e cinquenta centavos",
        "тридцать один миллион евро пятьдесят центов",
    ),
    ("money", "2000001 USD"): (
        "two million and one dollars",
        "dos millones un dólares",
        "due milioni e un dollari",
        "dois milhões e um dólares",
        "два миллиона один доллар",
    ),
    ("money", "1 CHF"): (
        "one Swiss franc",
        "un franco",
        "un franco svizzero",
        "um franco suíço",
        "один швейцарский франк",
    ),
    ("money", "21 GBP"): (
        "twenty-one pounds sterling",
        "veintiuna libras",
        "ventun sterline",
        "vinte e uma libras esterlinas",
        "двадцать один британский фунт стерлингов",
    ),
    ("money", "2 CHF"): (
        "two Swiss francs",
        "dos francos",
        "due franchi svizzeri",
        "dois francos suíços",
        "два швейцарских франка",
    ),
}

WRITTEN = {
    ("digits", "41#"): ("41#",) * 5,
    ("number", "-1234.50"): ("-1,234.5", "-1.234,5", "-1.234,5", "-1.234,5", "-1 234,5"),
    ("date", "2026-11-01"): (
        "November 1, 2026",
        "1 de noviembre de 2026",
        "1 novembre 2026",
        "1 de novembro de 2026",
        "1 ноября 2026 г.",
    ),
    ("time", "21:02"): ("9:02 PM", "21:02", "21:02", "21:02", "21:02"),
    ("money", "12.50 EUR"): ("€12.50", "12,50 €", "12,50 €", "€ 12,50", "12,50 €"),
}


def cases(table: dict[tuple[str, str], tuple[str, ...]]) -> list[tuple[str, str, str, str]]:
    return [
        (kind, value, language, text)
        for (kind, value), texts in table.items()
        for language, text in zip(LANGUAGES, texts, strict=True)
    ]


@pytest.mark.parametrize(("kind", "value", "language", "text"), cases(SAID))
def test_said(kind: str, value: str, language: str, text: str) -> None:
    assert spoken(Prompt(kind, value), language) == text


@pytest.mark.parametrize(("kind", "value", "language", "text"), cases(WRITTEN))
def test_written(kind: str, value: str, language: str, text: str) -> None:
    assert written(Prompt(kind, value), language) == text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "١٢"),
        ("number", "1e9"),
        ("number", "9" * 16),
        ("money", "12.50"),
        ("money", "12.505 USD"),
        ("date", "2026-02-30"),
        ("time", "24:00"),
        ("time", "9:00"),
        ("number", "${EPOCH}"),
        ("date", "<say-as>1</say-as>"),
        ("text", "{language} %s"),
        ("unheard_of", "x"),
    ],
)
def test_what_is_no_value_stays_text(kind: str, value: str) -> None:
    assert {spoken(Prompt(kind, value), language) for language in LANGUAGES} == {value}
    assert {written(Prompt(kind, value), language) for language in LANGUAGES} == {value}


def test_other_languages_are_left_to_the_voice() -> None:
    assert spoken(Prompt("money", "1234.50 EUR"), "fr") == "1 234,50 €"
    assert spoken(Prompt("digits", "47 11"), "fr") == "4, 7, 1, 1"
    assert spoken(Prompt("date", "2026-11-01"), "qq") == "November 1, 2026"
    assert written(Prompt("number", "1.5"), "pt-PT") == "1,5"


@given(st.sampled_from((*KINDS, "text")), st.text(), st.sampled_from((*LANGUAGES, "fr", "qq")))
def test_nothing_raises(kind: str, value: str, language: str) -> None:
    spoken(Prompt(kind, value), language)
    written(Prompt(kind, value), language)


@given(
    st.decimals(-(10**11), 10**11, places=2),
    st.sampled_from(("USD", "EUR", "BRL", "RUB", "JPY", "QQQ")),
    st.sampled_from(LANGUAGES),
)
def test_amounts_are_words(amount: object, currency: str, language: str) -> None:
    said = spoken(Prompt("money", f"{amount:f} {currency}"), language)
    assert not any(character.isdigit() for character in said)
