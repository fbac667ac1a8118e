"""Link codes: spellings of one name agree, other names differ, and the key is needed."""

import pytest

from orchestration.linkage.codes import Coder, sounds_of

KEY = b"a link key of thirty-two bytes.."


@pytest.mark.parametrize(
    "spellings",
    [
        ["Hassan", "Hasan", "Xasan", "HASSAN "], ["Abdi", "Cabdi"],
        ["Abdirahman", "Abdi Rahman", "Cabdiraxman"], ["Ali", "Cali"], ["Omar", "Umar", "Cumar"],
        ["Mohamed", "Muhammad", "Mohammed", "Maxamed"], ["Fatuma", "Fatma", "Faadumo", "Fathuma"],
        ["Khadija", "Hadija"], ["Ramadhan", "Ramadan"], ["Mwangi", "Muangi"],
        ["Aisha", "Aysha", "Ayesha", "Caasha"], ["Yusuf", "Yussuf", "Iusuf"], ["Zainab", "Zeinab", "Zainabu"],
        ["Ng'ang'a", "Nganga", "Ng’ang’a"], ["Catherine", "Katherine"], ["Nyambura", "NYAMBURA", "Nyámbura"],
    ],
)  # fmt: skip
def test_spellings_of_one_name_sound_alike(spellings: list[str]) -> None:
    (sounds,) = {tuple(sounds_of(one)) for one in spellings}
    assert len(sounds) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Wanjiku", "Wambui"), ("Achieng", "Atieno"), ("Amina", "Omar"), ("Kamau", "Karanja"), ("Njeri", "Njoroge")],
)  # fmt: skip
def test_different_names_sound_different_unless_their_vowels_alone_differ(one: str, other: str) -> None:
    """The last is a weakness of the rules, known: year of birth and way have to tell such persons apart."""
    assert sounds_of(one) != sounds_of(other)
    assert sounds_of("Hassan") == sounds_of("Hussein")


def test_every_word_of_a_name_is_coded_in_its_order() -> None:
    coder = Coder(KEY)
    codes = coder.names("Mary Wanjiku", "wa Njoroge Sampleton")
    assert codes == [*coder.names("Mary"), *coder.names("Wanjiku Njoroge"), *coder.names("Sampleton")]
    assert coder.names("Sampleton", "Mary") == [codes[3], codes[0]]
    assert coder.names("Mary", "Mary Wanjiku") == codes[:2]
    assert coder.names("One Two Three Four Five") == coder.names("One Two Three Four")
    assert coder.names("unknown", "bin Testperson") == coder.names("Testperson")


@pytest.mark.parametrize(
    "text", ["", "  ", "A.", "unknown", "Unknown girl", "N/A", "haijulikani", "123", "-", "你好"]
)
def test_non_names_have_no_code(text: str) -> None:
    assert Coder(KEY).names(text) == []


def test_a_code_depends_on_key_and_field() -> None:
    coder, other = Coder(KEY), Coder(b"another link key of 32 bytes....")
    ((name,), (otherwise,)) = coder.names("Achieng"), coder.names("Acheng")
    assert name == otherwise
    assert len({name, coder.answer("schooling", "Achieng"), *other.names("Achieng")}) == 3
    assert len(name) == 32


def test_codes_are_stable_within_a_version() -> None:
    """Landed codes are compared with later ones: a change of rules needs a new version in `codes`."""
    assert Coder(KEY).names("Mwangi") == ["c24c61f49e036a5bc0a07f6f8ef93579"]


def test_a_phone_has_one_code_however_it_is_written_and_others_have_none() -> None:
    numbers = ("0712345678", "0712 345 678", "+254712345678", "254 712-345-678", "712345678")
    assert {Coder(KEY).phone(number) for number in numbers} == {"75614c2c72b002a90be0b41fc3744360"}
    assert {Coder(KEY).phone(number) for number in ("none", "0712", "", "999")} == {None}


def test_answers_are_compared_as_words_and_numbers() -> None:
    coder = Coder(KEY)
    assert coder.answer("subcounty", "Kisumu-East ") == coder.answer("subcounty", "KISUMUEAST")
    assert coder.answer("children", "2") != coder.answer("children", "3")
    assert coder.answer("children", "2") != coder.answer("schooling", "2")
    assert coder.answer("children", " ") is None
