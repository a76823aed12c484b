"""What a person can put right."""


class Mistake(Exception):
    """One line that says what is wrong and what to do."""

    def __str__(self) -> str:
        return " ".join(super().__str__().splitlines())  # what it quotes may be longer
