"""What a person can put right."""

from replaygate.plain import plain


class Mistake(Exception):
    """One line that says what is wrong and what to do; what it quotes is harmless."""

    def __str__(self) -> str:
        return plain(" ".join(super().__str__().splitlines()), limit=2_000)
