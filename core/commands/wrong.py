"""What was typed and means nothing."""


class Wrong(Exception):
    """The argument of a command cannot be understood. The text is one sentence for who typed it, not yet escaped."""


class Unknown(Wrong):
    """The very word that says what is wanted."""
