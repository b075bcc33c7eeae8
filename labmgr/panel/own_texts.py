"""The pages' own texts, which are French as they are written; `french.py` has the program's."""

from __future__ import annotations

from babel.support import NullTranslations
from flask_babel import Domain, get_locale


class AsWritten(NullTranslations):
    """Nothing is looked up."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Zero is singular in French."""
        return msgid1 if abs(n) < 2 else msgid2  # noqa: PLR2004

    ungettext = ngettext


class OwnTexts(Domain):  # type: ignore[misc]  # its library has no types
    """French as written; another language from its catalogue, once somebody has made one."""

    _written = AsWritten()

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        french = locale is None or locale.language == "fr"
        return self._written if french else super().get_translations()
