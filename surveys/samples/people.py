"""Invented customers of an invented company, at reserved domains. The same seed gives the same people."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple


def _words(text: str) -> list[str]:
    return text.split()


FIRST_NAMES: Final = _words(
    "Ada Aiko Alejandra Amara Anja Astrid Ayesha Bilal Björn Camille Carlos Chiara Chloé Dagny Dariusz Deniz Diego Eilidh "
    "Elif Emeka Emma Erik Fatima Felix Femi Freya Gabriel Giulia Goran Grace Hana Hassan Henrik Hugo Ines Ingrid Isla Ivan "
    "Jana Joanna Jonas José Júlia Kaito Karim Katya Kwame Lars Layla Leo Lina Lucía Lukas Maeve Malik Marta Mateo Mei Mira "
    "Nadia Naomi Ngozi Nils Noor Olga Omar Oscar Paolo Petra Priya Rafael Rania Ravi Rosa Ruth Samir Sanne Saoirse Sofia "
    "Søren Tariq Tess Thandi Tomás Uma Valentina Viktor Wei Willem Yara Yuki Yusuf Zara Zoë"
)
LAST_NAMES: Final = _words(
    "Abe Adeyemi Andersson Bakker Barros Bauer Becker Berg Bianchi Byrne Castillo Chen Costa Dahl Demir Dias Dubois Eze "
    "Fernández Fischer Fontaine Garcia Haddad Hansen Hoffmann Horvat Ibrahim Ivanova Jansen Johansson Kaya Keller Khan Kim "
    "Kovač Kowalski Lefèvre Li Lindqvist Lopez MacDonald Maier Mbeki Meyer Moreau Müller Murphy Nakamura Nowak O'Brien "
    "Okafor Olsen Papadakis Patel Pereira Petrov Quispe Ricci Rossi Santos Sato Schmidt Schneider Sharma Silva Singh Smith "
    "Svensson Tanaka Torres Tremblay Vargas Vermeer Virtanen Vogel Walsh Weber Wright Yılmaz Zhang Zimmermann"
)


class Country(NamedTuple):
    code: str
    language: str
    time_zone: str
    weight: int


COUNTRIES: Final = (
    Country("US", "en", "America/New_York", 30),
    Country("DE", "de", "Europe/Berlin", 22),
    Country("GB", "en", "Europe/London", 15),
    Country("FR", "fr", "Europe/Paris", 11),
    Country("ES", "es", "Europe/Madrid", 8),
    Country("IN", "en", "Asia/Kolkata", 8),
    Country("JP", "ja", "Asia/Tokyo", 6),
)


class Plan(NamedTuple):
    name: str
    weight: int
    price: tuple[int, int]  # per month, least and most
    seats: tuple[int, int]


PLANS: Final = (
    Plan("Free", 34, (0, 0), (1, 3)),
    Plan("Starter", 31, (19, 59), (1, 8)),
    Plan("Team", 24, (120, 480), (5, 40)),
    Plan("Enterprise", 11, (900, 4200), (50, 600)),
)
# Days. The free plan is young, so that who is asked has changed over the years.
_LONGEST_WITH_US: Final = {"Free": 420, "Starter": 900, "Team": 1500, "Enterprise": 1800}
INDUSTRIES: Final = ("Education", "Finance", "Healthcare", "Manufacturing", "Retail", "Software")


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    language: str
    time_zone: str
    external_id: str
    plan: str
    country: str
    industry: str
    seats: int
    mrr: int
    trial: bool
    signed_up: date

    @property
    def properties(self) -> dict[str, str | int | bool]:
        return {
            "plan": self.plan,
            "country": self.country,
            "industry": self.industry,
            "seats": self.seats,
            "mrr": self.mrr,
            "trial": self.trial,
            "signed_up": self.signed_up.isoformat(),
        }


def people(count: int, *, today: date, seed: int) -> Iterator[Person]:
    """`count` different people who signed up in the years before `today`."""
    dice = random.Random(seed)
    for number in range(count):
        yield _person(number, today, dice)


def _person(number: int, today: date, dice: random.Random) -> Person:
    first, last = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES)
    country = dice.choices(COUNTRIES, weights=[each.weight for each in COUNTRIES])[0]
    plan = dice.choices(PLANS, weights=[each.weight for each in PLANS])[0]
    company = dice.choice(
        ("acme", "globex", "initech", "hooli", "umbrella", "stark", "wayne", "wonka", "tyrell", "soylent")
    )
    return Person(
        email=f"{ascii_of(first)}.{ascii_of(last)}{number}@{company}.example",
        name=f"{first} {last}",
        language=country.language,
        time_zone=country.time_zone,
        external_id=f"A{10_000 + number}",
        plan=plan.name,
        country=country.code,
        industry=dice.choice(INDUSTRIES),
        seats=dice.randint(*plan.seats),
        mrr=dice.randint(*plan.price),
        trial=plan.name == "Free" and dice.random() < 0.4,
        signed_up=today - timedelta(days=dice.randint(20, _LONGEST_WITH_US[plan.name])),
    )


def ascii_of(name: str) -> str:
    plain = name.lower().translate(str.maketrans("áéíóúüöäåøñëèçčžśłćí'ï", "aeiouuoaaoneecczslci_i"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha()) or "person"
